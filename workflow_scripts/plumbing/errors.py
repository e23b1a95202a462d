"""The one exception that a user is meant to read."""

import re
from collections.abc import Sequence


class InputError(Exception):
    """Input that cannot be used, told in one sentence.

    The sentence names the place, what was expected there, what was found, what follows from it and
    what to do next; the command-line scripts print it alone and exit with status 2. Where many
    things are wrong at once, `details` are lines below the sentence.
    """

    def __init__(
        self,
        where: object,
        *,
        expected: str,
        found: str,
        consequence: str,
        next_step: str,
        details: Sequence[str] = (),
    ):
        self.where = str(where)
        self.expected = _on_one_line(expected)
        self.found = _on_one_line(found)
        self.consequence = consequence
        self.next_step = next_step
        self.details = tuple(details)
        met = f"expected {self.expected}, found {self.found}"
        sentence = f"{self.where}: {met}; {consequence}; {next_step}."
        super().__init__("\n".join([sentence, *self.details]))


def _on_one_line(text: str) -> str:
    """Join lines, as those of an array that a file holds in place of a name."""
    return re.sub(r"\s*[\r\n]\s*", " ", text)
