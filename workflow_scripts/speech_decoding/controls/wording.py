"""How the numbers of a control are written."""

from collections.abc import Mapping, Sequence
from typing import Any

from speech_decoding.evaluation.uncertainty import LEVEL

INTERVAL = f"{100 * LEVEL:g} % confidence interval"
_MOST_NAMES = 8


def write_accuracy(numbers: Mapping[str, Any]) -> str:
    """Write the accuracy, the chance level and the number of candidates."""
    candidates = f"{numbers['n_candidates']:.0f} candidates"
    if isinstance(numbers["n_candidates"], float):
        candidates += " on average"
    return (
        f"top-{numbers['k']} accuracy {percent(numbers['accuracy'])}, "
        f"chance level {percent(numbers['chance'])} ({candidates})"
    )


def write_p_value(numbers: Mapping[str, Any]) -> str:
    """Write the p-value of an accuracy above chance level."""
    if numbers["p_value"] is None:
        return "p not available"
    return f"p = {numbers['p_value']:.4f}" if numbers["p_value"] >= 1e-4 else "p < 0.0001"


def write_difference(numbers: Mapping[str, Any]) -> str:
    """Write the decoder's accuracy, and the interval of its difference from the control's."""
    return (
        f"decoder {percent(numbers['decoder'])}, {INTERVAL} of the difference "
        f"{write_interval(numbers['lead'], numbers['n_sentences'], 'percentage points')}"
    )


def write_interval(interval: Sequence[float] | None, n_sentences: int, unit: str = "%") -> str:
    """Write an interval of shares with the number of sentences that it is based on."""
    if interval is None:
        return f"not available ({n_sentences} sentences, fewer than five)"
    low, high = (f"{100 * edge:.1f}" for edge in interval)
    return f"{low} to {high} {unit} ({n_sentences} sentences)"


def write_names(names: Sequence[str]) -> str:
    """Write names, the first eight if there are more."""
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"
