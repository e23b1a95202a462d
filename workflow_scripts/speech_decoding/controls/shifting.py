"""Test segments whose brain window is shifted in time relative to the speech."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.controls.examiner import Examiner, draw
from speech_decoding.dataset.store import StudyTables
from speech_decoding.evaluation.retrieval import rows_with_word
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def shift_test_segments(
    tables: StudyTables,
    lengths: Mapping[str, int],
    window: Window,
    *,
    shift_s: float,
    at_most: int,
) -> "pd.DataFrame":
    """List at most `at_most` test segments, drawn, `shift_s` later in their recording.

    Parameters: lengths, samples of each recording.
    Returns: as `shift_segments`, and `stands_for`, the row of the segment that was shifted.
    """
    rows = rows_with_word(tables.segments)
    drawn = tables.segments.iloc[rows[draw(len(rows), at_most)]]
    shifted = shift_segments(drawn, lengths, shift_s=shift_s, window=window)
    return shifted.assign(stands_for=shifted.index)


def shift_segments(
    segments: "pd.DataFrame", lengths: Mapping[str, int], *, shift_s: float, window: Window
) -> "pd.DataFrame":
    """List segments once more, `shift_s` later in their recording.

    Parameters: segments, to be shifted; lengths, samples of each recording.
    Returns: a table like `segments`, with their row labels, without those that the recording does
    not hold, and with `shift_s`.
    """
    first = segments["first_sample"] + round(shift_s * window.rate_hz)
    inside = (first >= 0) & (first + window.sample_count <= segments["recording"].map(lengths))
    return segments.assign(first_sample=first, shift_s=shift_s)[inside]


def shifted_rows(examiner: Examiner, control: str, shift_s: float) -> np.ndarray:
    """Give the rows of a control's further segments that are shifted by `shift_s`."""
    rows = examiner.store.rows(control)
    return rows[examiner.segments["shift_s"].to_numpy()[rows] == shift_s]
