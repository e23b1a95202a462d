"""The settings of a speech model as its file holds them: nothing in them is believed unseen."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from speech_decoding.speech.checkpoints.errors import CheckpointError

# No wav2vec 2.0 has as many of anything.
_LARGEST = 1_000_000


class Settings:
    """Settings by name, read with the type and in the range that a network can be made of.

    Args:
        path: the file that holds them.
        entries: the settings; one that is not among them has the default that is asked for.
    """

    def __init__(self, path: Path, entries: Mapping[str, Any]):
        self._path = path
        self._entries = entries

    def require(self, supported: Mapping[str, tuple[object, ...]]) -> None:
        """Raise CheckpointError if a setting that is there has another value than the supported."""
        for name, values in supported.items():
            if name in self._entries and self._entries[name] not in values:
                wanted = " or ".join(repr(value) for value in values)
                raise self.refusal(name, f"a wav2vec 2.0 whose setting {name} is {wanted}")

    def count(self, name: str, default: int) -> int:
        """Give a whole number above 0; raises CheckpointError for anything else."""
        value = self._entries.get(name, default)
        if not _is_count(value):
            raise self.refusal(name, f"{name}, a whole number from 1 to {_LARGEST}")
        return value

    def counts(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Give a list of whole numbers above 0; raises CheckpointError for anything else."""
        values = self._entries.get(name, default)
        if not isinstance(values, list | tuple) or not all(map(_is_count, values)):
            raise self.refusal(name, f"{name}, a list of whole numbers from 1 to {_LARGEST}")
        return tuple(values)

    def flag(self, name: str, default: bool) -> bool:
        """Give true or false; raises CheckpointError for anything else."""
        value = self._entries.get(name, default)
        if not isinstance(value, bool):
            raise self.refusal(name, f"{name}, true or false")
        return value

    def refusal(self, name: str, expected: str) -> CheckpointError:
        """Give the error that tells which value a setting has."""
        found = f"{name} {self._entries.get(name)!r}"
        return CheckpointError(self._path, expected=expected, found=found[:160])


def check_convolutions(
    path: Path, layers: Iterable[tuple[Any, Any, Any]]
) -> tuple[tuple[int, int, int], ...]:
    """Give (channels, kernel, stride) of every layer.

    Raises: CheckpointError unless all are whole numbers above 0, and no stride steps over samples.
    """
    layers = tuple(layers)
    for number, layer in enumerate(layers):
        if not all(map(_is_count, layer)) or layer[2] > layer[1]:
            raise CheckpointError(
                path,
                expected="convolutions of whole numbers above 0, channels, kernel and a stride no "
                "larger than it",
                found=f"{', '.join(map(repr, layer))} in convolution {number}"[:160],
            )
    if not layers:
        raise CheckpointError(path, expected="at least one convolution", found="none")
    return layers


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST
