"""Follow the advice of a sentence as its reader would: with nothing but its words.

A fault table breaks a tree, reads the sentence, follows it and looks again: advice that no action
knows, and advice that does not help, fail the test.
"""

import re
from collections.abc import Callable, Mapping

Action = Callable[[re.Match[str], str], None]


def follow(sentence: str, actions: Mapping[str, Action]) -> None:
    """Do what the last part of a sentence says.

    Parameters: sentence, of an InputError or a Finding: `where: expected …; consequence; advice.`;
    actions, from a regular expression that a whole piece of advice matches to what is then done,
    given the match and the whole sentence. The first one that matches is taken.
    Raises: AssertionError if none matches.
    """
    advice = sentence.rstrip(".").rsplit("; ", 1)[-1]
    for pattern, act in actions.items():
        if found := re.fullmatch(pattern, advice):
            act(found, sentence)
            return
    raise AssertionError(f"nobody can follow the advice {advice!r} of: {sentence}")
