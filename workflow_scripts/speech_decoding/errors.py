"""The one exception that a user is meant to read."""

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
        self.expected = expected
        self.found = found
        self.consequence = consequence
        self.next_step = next_step
        self.details = tuple(details)
        sentence = f"{self.where}: expected {expected}, found {found}; {consequence}; {next_step}."
        super().__init__("\n".join([sentence, *self.details]))
