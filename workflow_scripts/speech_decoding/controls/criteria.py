"""What several controls have to fulfil: to be at chance, above chance, or behind the decoder.

Each criterion is a text, the control's THRESHOLD, and the function that judges by it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.wording import (
    INTERVAL,
    tell_accuracy,
    tell_interval,
    tell_lead,
    tell_p_value,
)
from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES

# An accuracy is above chance if it would lie as far above with less than this probability. Over
# sentences, because neighbouring windows overlap and single segments would take a run of luck for
# a finding; and within the story, because a decoder that knows the story from the recording, or
# from the listener, does not know the segment.
ALARM_P = 0.001
RARE = f"1 of {1 / ALARM_P:.0f}"

_AHEAD = f"the decoder is ahead: the whole {INTERVAL} of its lead lies above 0"
BEHIND = f"within the story, {_AHEAD}"
AT_CHANCE = (
    f"within the story, no better than luck, which does as well in {RARE} cases or more; and "
    f"{_AHEAD}"
)
ABOVE_CHANCE = f"above chance: the whole {INTERVAL} lies above it"


def judge_at_chance(numbers: Mapping[str, Any]) -> Outcome:
    """Judge a control that has to be at chance, and behind the decoder.

    Parameters: numbers, as `comparison.compare` gives them.
    """
    known = numbers["p_value"] is not None
    passed = known and numbers["p_value"] >= ALARM_P and above(numbers["lead"], 0)
    found = f"{tell_accuracy(numbers)}, {tell_p_value(numbers)}; {tell_lead(numbers)}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def judge_behind(numbers: Mapping[str, Any]) -> Outcome:
    """Judge a control that may be above chance, but has to be behind the decoder.

    Parameters: numbers, as `comparison.compare` gives them.
    """
    passed = above(numbers["lead"], 0)
    found = f"{tell_accuracy(numbers)}; {tell_lead(numbers)}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def judge_above_chance(numbers: Mapping[str, Any]) -> Outcome:
    """Judge an accuracy of the decoder itself, which has to be above chance.

    Parameters: numbers, with k, n_candidates, accuracy, chance, interval and n_sentences.
    """
    passed = above(numbers["interval"], numbers["chance"])
    interval = tell_interval(numbers["interval"], numbers["n_sentences"])
    found = f"{tell_accuracy(numbers)}; interval {interval}"
    return Outcome(if_enough_sentences(passed, numbers), found, numbers)


def if_enough_sentences(passed: bool, numbers: Mapping[str, Any]) -> bool | None:
    """Give `passed`, or None where `numbers` rest on too few sentences to be judged."""
    return passed if numbers["n_sentences"] >= FEWEST_SENTENCES else None


def above(interval: Sequence[float] | None, value: float) -> bool:
    """Say whether an interval lies above a value; none, of too few sentences, does not."""
    return interval is not None and interval[0] > value
