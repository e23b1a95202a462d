"""Accuracy as a function of the neural delay at test: a curve of the report, without a verdict."""

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

# Added to the neural delay of the training.
DELAYS_S = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5)
_SEGMENTS_PER_DELAY = 200


def further_segments(
    tables: StudyTables, lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List test segments at each delay."""
    import pandas as pd

    return pd.concat(
        shift_test_segments(tables, lengths, window, shift_s=delay_s, at_most=_SEGMENTS_PER_DELAY)
        for delay_s in DELAYS_S
    )


def measure(examiner: Examiner) -> list[dict[str, Any]]:
    """Measure shift_s, n, k, n_candidates, and accuracy, None without segments, at each delay."""
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
