"""Accuracy where the brain is taken earlier or later than the decoder was trained to: a curve.

It is drawn in the report; nothing is judged by it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.examiner import Examiner
from speech_decoding.controls.shifting import shift_test_segments, shifted_rows
from speech_decoding.dataset.store import StudyTables
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.ranks import SEGMENTS
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# By how much later the brain is taken, on top of the delay of the training.
DELAYS_S = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5)
_SEGMENTS_PER_DELAY = 200


def further_segments(
    tables: StudyTables, lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List test segments at every delay."""
    import pandas as pd

    return pd.concat(
        shift_test_segments(tables, lengths, window, shift_s=delay_s, at_most=_SEGMENTS_PER_DELAY)
        for delay_s in DELAYS_S
    )


def measure(examiner: Examiner) -> list[dict[str, Any]]:
    """Give a row per delay: shift_s, n, k, n_candidates, and accuracy, None without segments."""
    return [_measure_at(delay_s, examiner) for delay_s in DELAYS_S]


def _measure_at(shift_s: float, examiner: Examiner) -> dict[str, Any]:
    rows = shifted_rows(examiner, "delays", shift_s)
    count = len(examiner.candidate_rows)
    k = headline_k(count, examiner.top_k)
    point = {"shift_s": shift_s, "n": len(rows), "k": k, "n_candidates": count}
    if len(rows) == 0:
        return point | {"accuracy": None}
    ranks = examiner.retrieve(examiner.positions_of(rows), rows)
    return point | {"accuracy": float(hits(ranks[SEGMENTS], k, count).mean())}
