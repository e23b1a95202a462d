"""What a control is, and what comes of it."""

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
    """What a control came to; `passed` is None where it was not run or cannot be judged.

    found: the outcome in words; numbers: what it rests on, None where it was not run.
    """

    passed: bool | None
    found: str
    numbers: Mapping[str, Any] | None


NOT_RUN = Outcome(None, "not run", None)


@dataclass(frozen=True)
class Verdict:
    """The outcome of one control with what the control states of itself."""

    name: str
    title: str
    passed: bool | None
    found: str
    threshold: str
    meaning: str
    numbers: Mapping[str, Any] | None


class Control(Protocol):
    """A module that is a control; its name is the module's.

    ORDER: its place among all controls, smaller first, no two alike; TITLE: what was done;
    THRESHOLD: what has to hold; MEANING: what it would mean if it did not.
    """

    ORDER: int
    TITLE: str
    THRESHOLD: str
    MEANING: str

    def judge(self, basis: Any) -> Outcome:
        """Judge the numbers of a control that was measured or trained, or an `Evidence`."""


class ControlAtTest(Protocol):
    """A module of `at_test`: as `Control`, or with `measure` alone where nothing is judged.

    It may have `further_segments` besides: stretches of the recordings that it needs in place of
    the test segments' own.
    """

    def measure(self, examiner: "Examiner") -> Any:
        """Give the numbers for controls.json; None where no recording allows the control."""

    def further_segments(
        self, tables: "StudyTables", lengths: Mapping[str, int], window: "Window"
    ) -> "pd.DataFrame":
        """List segments like those of `tables`; lengths, samples of each recording.

        In the store they are the split that bears the control's name.
        """
