"""Brain signals of the same recording, taken long after the speech was heard."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance
from speech_decoding.controls.examiner import MOST_SEGMENTS, Examiner
from speech_decoding.controls.shifting import shift_test_segments, shifted_rows
from speech_decoding.dataset.store import StudyTables
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# The brain is taken this much later than the speech: more than a window, so that nothing is shared.
SHIFT_S = 10.0

ORDER = 90
TITLE = f"Speech shifted by {SHIFT_S:g} s against the brain"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "alignment does not matter, so that what is found is not a response to the speech"


def further_segments(
    tables: StudyTables, lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List test segments `SHIFT_S` later in their recording."""
    return shift_test_segments(tables, lengths, window, shift_s=SHIFT_S, at_most=MOST_SEGMENTS)


def measure(examiner: Examiner) -> dict[str, Any] | None:
    """Compare as `comparison.compare`; None where every recording ends too early."""
    rows = shifted_rows(examiner, "shifted", SHIFT_S)
    return examiner.compare(examiner.positions_of(rows), rows) if len(rows) else None
