"""Speech targets by name: what the brain's signals are matched with.

Another model, say HuBERT or the encoder of Whisper, is one more module with a class that has what
`SpeechTarget` asks for, and one more line in `_TARGETS`.
"""

import importlib
import inspect
from typing import TYPE_CHECKING, Any, Protocol

from plumbing.errors import InputError

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


# Module and class: a module is imported when its target is asked for.
_TARGETS = {
    "wav2vec2": ("wav2vec2", "MeanOfLayers"),
    "wav2vec2_features": ("wav2vec2", "ConvolutionalFeatures"),
    "mel": ("mel", "MelSpectrum"),
}


def module_of(kind: str) -> str:
    """Name the module that holds the target of a name, for the code fingerprint of its rule."""
    return f"speech_decoding.speech.{_TARGETS[kind][0]}"


def load_target(kind: str, **settings: Any) -> SpeechTarget:
    """The target of a name, with its settings; a setting of None counts as not given.

    wav2vec2            checkpoint, sha256, layers, final_norm, window_s, context_s, device, dtype
    wav2vec2_features   checkpoint, sha256, window_s, context_s, device, dtype
    mel                 n_mels

    Raises InputError for a name that is not known, a setting that the target does not have, lacks
    or cannot use, and a checkpoint that cannot be read.
    """
    if kind not in _TARGETS:
        raise _refused("The speech target", " or ".join(_TARGETS), repr(kind))
    target = getattr(importlib.import_module(module_of(kind)), _TARGETS[kind][1])
    given = {name: value for name, value in settings.items() if value is not None}
    accepted = inspect.signature(target).parameters
    if not accepted.keys() >= given.keys() or ("checkpoint" in accepted.keys() - given.keys()):
        raise _refused(
            f"The speech target {kind!r}",
            f"settings among {', '.join(accepted)}"
            + (", with a checkpoint" if "checkpoint" in accepted else ""),
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
