"""Criteria that several controls share: at chance level, below the decoder, above chance level.

Each criterion is a text, the control's THRESHOLD, and the function that judges by it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.wording import (
    INTERVAL,
    write_accuracy,
    write_difference,
    write_interval,
    write_p_value,
)
from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES

# An accuracy is above chance level if its p-value is below this. Tested over sentences, because
# neighbouring windows overlap, and a test over segments would count the same speech several times;
# and among the candidates of the same story, because a decoder that recognises the story from the
# recording, or from the listener, does not recognise the segment.
ALARM_P = 0.001

_WITHIN_STORY = "among the candidates of the same story"
_LESS_ACCURATE = (
    f"the decoder is more accurate: the {INTERVAL} over sentences of the difference lies entirely "
    "above 0"
)
AT_CHANCE = (
    f"{_WITHIN_STORY}, the accuracy is not above chance level (p ≥ {ALARM_P:g} over sentences), "
    f"and {_LESS_ACCURATE}"
)
LESS_ACCURATE = f"{_WITHIN_STORY}, {_LESS_ACCURATE}"
ABOVE_CHANCE = (
    f"the accuracy is above chance level: its {INTERVAL} over sentences lies entirely above it"
)


def judge_at_chance(numbers: Mapping[str, Any]) -> Outcome:
    """Judge a control that must be at chance level, and less accurate than the decoder.

    Parameters: numbers, as `comparison.compare` gives them.
    """
    known = numbers["p_value"] is not None
    passed = known and numbers["p_value"] >= ALARM_P and above(numbers["lead"], 0)
    found = f"{write_accuracy(numbers)}, {write_p_value(numbers)}; {write_difference(numbers)}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def judge_less_accurate(numbers: Mapping[str, Any]) -> Outcome:
    """Judge a control that may be above chance level, but must be less accurate than the decoder.

    Parameters: numbers, as `comparison.compare` gives them.
    """
    passed = above(numbers["lead"], 0)
    found = f"{write_accuracy(numbers)}; {write_difference(numbers)}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def judge_above_chance(numbers: Mapping[str, Any]) -> Outcome:
    """Judge an accuracy of the decoder, which must be above chance level.

    Parameters: numbers, with k, n_candidates, accuracy, chance, interval and n_sentences.
    """
    passed = above(numbers["interval"], numbers["chance"])
    interval = write_interval(numbers["interval"], numbers["n_sentences"])
    found = f"{write_accuracy(numbers)}; {INTERVAL} {interval}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def if_enough_sentences(passed: bool, numbers: Mapping[str, Any]) -> bool | None:
    """Give `passed`, or None where `numbers` are based on too few sentences to be judged."""
    return passed if numbers["n_sentences"] >= FEWEST_SENTENCES else None


def above(interval: Sequence[float] | None, value: float) -> bool:
    """Say whether an interval lies entirely above a value; False if there is no interval."""
    return interval is not None and interval[0] > value
