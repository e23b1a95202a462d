"""A control compared with the decoder on the same segments."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.grouping import story_sizes
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import WITHIN_STORY, RankTable
from speech_decoding.evaluation.uncertainty import (
    above_p_value,
    bootstrap_interval,
    count_sentences,
)

if TYPE_CHECKING:
    import pandas as pd

# The largest k, as a share of the candidates: top-10 of 12 would mean little.
LARGEST_SHARE = 0.2


def headline_k(count: float, top_k: Sequence[int]) -> int:
    """Choose the k of the controls: the largest that is at most a fifth of the candidates."""
    return max((k for k in top_k if k <= LARGEST_SHARE * count), default=1)


def compare(
    main: RankTable,
    control: RankTable,
    sizes: np.ndarray,
    sentences: "np.ndarray | pd.Series",
    *,
    k: int,
) -> dict[str, Any]:
    """Compare a control with the decoder on the same segments.

    Parameters: main and control, ranks [segments] among `sizes` [segments] candidates; sentences
    [segments].
    Returns: n; k; n_candidates, a float if it is a mean; accuracy, of the control; decoder, its
    accuracy; chance, the chance level; p_value, over sentences, of an accuracy above chance level;
    interval, the 95 % confidence interval over sentences of the accuracy; lead, that of the
    decoder's accuracy minus the control's; n_sentences. p_value and intervals are None for too few
    sentences.
    """
    count = int(sizes.max())
    correct, reference = hits(control, k, count), hits(main, k, count)
    chance = np.minimum(k / sizes, 1)
    return {
        "n": len(correct),
        "k": k,
        "n_candidates": count if (sizes == count).all() else float(sizes.mean()),
        "accuracy": float(correct.mean()),
        "decoder": float(reference.mean()),
        "chance": float(chance.mean()),
        "p_value": above_p_value(correct - chance, sentences, 0.0),
        "interval": bootstrap_interval(correct, sentences),
        "lead": bootstrap_interval(reference - correct, sentences, bounds=(-1.0, 1.0)),
        "n_sentences": count_sentences(sentences),
    }


def compare_tables(
    main: "pd.DataFrame", control: "pd.DataFrame", *, top_k: Sequence[int]
) -> dict[str, Any]:
    """Compare two decoders' tables of all retrieved segments, within the story, as `compare`."""
    sizes = story_sizes(main)
    return compare(
        ranks_of(main, WITHIN_STORY),
        ranks_of(control, WITHIN_STORY),
        sizes,
        main["sequence_text"],
        k=headline_k(sizes.mean(), top_k),
    )
