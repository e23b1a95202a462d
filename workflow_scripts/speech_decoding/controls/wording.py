"""How the numbers of a control are written."""

from collections.abc import Mapping, Sequence
from typing import Any

from speech_decoding.evaluation.uncertainty import LEVEL

INTERVAL = f"{100 * LEVEL:g} % confidence interval over sentences"
_MOST_NAMES = 8


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
