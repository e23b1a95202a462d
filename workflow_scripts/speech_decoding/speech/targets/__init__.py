"""Speech targets: what the brain's signals are matched with, one module per target.

Another model, say HuBERT or the encoder of Whisper, is one more module here with a class `Target`
that has the methods of `SpeechTarget`. Its name is the `target` of an embedding in config.yaml, and
the keywords of its `__init__` are the embedding's other settings.
"""

import importlib
import inspect
from typing import TYPE_CHECKING, Any, Protocol

from plumbing.errors import InputError
from plumbing.found_by_name import names_of

if TYPE_CHECKING:
    import numpy as np


class SpeechTarget(Protocol):
    """An embedding of speech at the rate that is native to it."""

    silence: float  # the value of every feature where nobody speaks

    @property
    def features(self) -> int:
        """Dimension of the embedding."""

    @property
    def frame_step_s(self) -> float:
        """Seconds from the middle of what one frame sees to that of the next."""

    @property
    def first_frame_s(self) -> float:
        """Seconds from the beginning of a chunk to the middle of what its first frame sees."""

    def facts(self) -> dict[str, Any]:
        """What the embedding is computed with, for the record: plain data, the same every time."""

    def embed(self, waveform: "np.ndarray") -> "np.ndarray":
        """Embed one chunk: float32 [samples] at 16 kHz to float32 [frames, features].

        Equal waveforms give equal frames, whatever was embedded before. Raises InputError for a
        chunk that is too short for one frame or not finite.
        """


def module_of(kind: str) -> str:
    """Name the module that holds the target of a name, for the code fingerprint of its rule."""
    return f"{__name__}.{kind}"


def load_target(kind: str, **settings: Any) -> SpeechTarget:
    """The target of a name, with its settings; a setting of None counts as not given.

    Raises InputError for a name that is not known, a setting that the target does not have, lacks
    or cannot use, and a checkpoint that cannot be read.
    """
    known = names_of(__name__)
    if kind not in known:
        raise _refused("The speech target", " or ".join(known), repr(kind))
    target = importlib.import_module(module_of(kind)).Target
    given = {name: value for name, value in settings.items() if value is not None}
    accepted = inspect.signature(target).parameters
    required = [name for name, one in accepted.items() if one.default is one.empty]
    if not accepted.keys() >= given.keys() >= set(required):
        raise _refused(
            f"The speech target {kind!r}",
            f"settings among {', '.join(accepted)}"
            + (f", with {' and '.join(required)}" if required else ""),
            ", ".join(sorted(given)) or "no setting",
        )
    return target(**given)


def _refused(where: str, expected: str, found: str) -> InputError:
    return InputError(
        where,
        expected=expected,
        found=found,
        consequence="no speech can be embedded",
        next_step="correct the settings of the speech target",
    )
