"""Brain signals of the same recording, but not of the same time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance
from speech_decoding.controls.examiner import MOST_SEGMENTS, Examiner
from speech_decoding.controls.shifting import shift_test_segments, shifted_rows
from speech_decoding.dataset.store import StudyTables
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# By how much the brain window is later than the speech: more than its length, so that the two
# windows share nothing.
SHIFT_S = 10.0

ORDER = 90
TITLE = f"Brain signals shifted by {SHIFT_S:g} s relative to the speech"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the alignment does not matter, so the accuracy does not reflect a response to the speech"


def further_segments(
    tables: StudyTables, lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List test segments `SHIFT_S` later in their recording."""
    return shift_test_segments(tables, lengths, window, shift_s=SHIFT_S, at_most=MOST_SEGMENTS)


def measure(examiner: Examiner) -> dict[str, Any] | None:
    """Compare as `comparison.compare`; None if every recording ends too early."""
    rows = shifted_rows(examiner, "shifted", SHIFT_S)
    return examiner.compare(examiner.positions_of(rows), rows) if len(rows) else None
