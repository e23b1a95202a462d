"""The one exception that a user is meant to read is one sentence, whatever a file holds."""

from plumbing.errors import InputError


def test_what_was_found_stands_on_one_line():
    error = InputError(
        "a.pt",
        expected="a name",
        found="[[1, 2],\n         [3, 4]]",
        consequence="it cannot be used",
        next_step="give another",
        details=["- one more"],
    )
    first = "a.pt: expected a name, found [[1, 2], [3, 4]]; it cannot be used; give another."
    assert str(error).splitlines() == [first, "- one more"]
    assert error.found == "[[1, 2], [3, 4]]"
