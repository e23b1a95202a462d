"""A control, its outcome and its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from speech_decoding.controls.examiner import Examiner
    from speech_decoding.dataset.store import StudyTables
    from speech_decoding.segments.windows import Window


@dataclass(frozen=True)
class Outcome:
    """The outcome of a control; `passed` is None if it was not run or cannot be judged.

    found: the result in words; numbers: the result in numbers, None if it was not run.
    """

    passed: bool | None
    found: str
    numbers: Mapping[str, Any] | None


NOT_RUN = Outcome(None, "not run", None)


@dataclass(frozen=True)
class Verdict:
    """The outcome of a control, with the control's name and description."""

    name: str
    title: str
    passed: bool | None
    found: str
    threshold: str
    meaning: str
    numbers: Mapping[str, Any] | None


class Control(Protocol):
    """A module that is a control; the control has the module's name.

    ORDER: its place on the page, smaller first, different for every control; TITLE: its name on the
    page; THRESHOLD: the condition under which it passes; MEANING: the conclusion if it fails, a
    clause without a full stop.
    """

    ORDER: int
    TITLE: str
    THRESHOLD: str
    MEANING: str

    def judge(self, basis: Any) -> Outcome:
        """Judge the control by its numbers, or by an `Evidence` in `from_results`."""


class ControlAtTest(Protocol):
    """A module of `at_test`: a `Control` that is also measured, or a measurement without a verdict.

    `further_segments` is optional: windows of the recordings that the control decodes instead of
    the windows of test segments.
    """

    def measure(self, examiner: "Examiner") -> Any:
        """Measure the numbers for controls.json; None if no recording allows the control."""

    def further_segments(
        self, tables: "StudyTables", lengths: Mapping[str, int], window: "Window"
    ) -> "pd.DataFrame":
        """List segments like those of `tables`; lengths, samples of each recording.

        In the store they form a split with the control's name.
        """
