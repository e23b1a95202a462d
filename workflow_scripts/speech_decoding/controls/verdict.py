"""A verdict on one control, and how its numbers are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES, LEVEL

INTERVAL = f"{100 * LEVEL:g} % confidence interval over sentences"
_MOST_NAMES = 8


@dataclass(frozen=True)
class Verdict:
    """The outcome of one control; `passed` is None where it was not run or nothing can be told.

    title: what was done; found: what came out; threshold: what has to hold; meaning: what it would
    mean if it did not; numbers: what the verdict rests on.
    """

    name: str
    title: str
    passed: bool | None
    found: str
    threshold: str
    meaning: str
    numbers: Mapping[str, Any] | None


def if_told(passed: bool, numbers: Mapping[str, Any]) -> bool | None:
    """Give `passed`, or None where `numbers` rest on too few sentences to be judged."""
    return passed if numbers["n_sentences"] >= FEWEST_SENTENCES else None


def above(interval: Sequence[float] | None, value: float) -> bool:
    """Tell whether an interval lies above a value; one that cannot be told does not."""
    return interval is not None and interval[0] > value


def tell_accuracy(numbers: Mapping[str, Any]) -> str:
    """Write accuracy and chance with the number of candidates."""
    candidates = f"{numbers['n_candidates']:.0f} candidates"
    if isinstance(numbers["n_candidates"], float):
        candidates += " on average"
    return (
        f"top-{numbers['k']} of {candidates} {percent(numbers['accuracy'])}, "
        f"chance {percent(numbers['chance'])}"
    )


def tell_p_value(numbers: Mapping[str, Any]) -> str:
    """Write the p-value of an accuracy above chance."""
    if numbers["p_value"] is None:
        return "p unknown"
    return f"p = {numbers['p_value']:.4f}" if numbers["p_value"] >= 1e-4 else "p < 0.0001"


def tell_lead(numbers: Mapping[str, Any]) -> str:
    """Write how far the decoder is ahead of a control."""
    lead = tell_interval(numbers["lead"], numbers["n_sentences"])
    return f"the decoder {percent(numbers['decoder'])}, ahead by {lead}"


def tell_interval(interval: Sequence[float] | None, n_sentences: int) -> str:
    """Write an interval in points, with the number of sentences that it rests on."""
    if interval is None:
        return f"an unknown number of points ({n_sentences} sentences, fewer than five)"
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} points ({n_sentences} sentences)"


def tell_names(names: Sequence[str]) -> str:
    """Write names, but not more than a line of them."""
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"
