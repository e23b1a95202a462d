"""What the speech targets of a wav2vec 2.0 share: a chunk in, its frames out (protocol 3.1)."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch

from speech_decoding.speech.checkpoints import Checkpoint
from speech_decoding.speech.passes import check_window, overlapping_passes
from speech_decoding.speech.wav2vec2 import Dtype, build_model, prepare
from speech_decoding.speech.waveforms import RATE_HZ, checked_waveform


class SpeechModelTarget(ABC):
    """A target that is read off a wav2vec 2.0, in one pass or in several that overlap."""

    silence = 0.0

    def __init__(
        self,
        source: Checkpoint,
        *,
        depth: int,
        window_s: float,
        context_s: float,
        device: str,
        dtype: Dtype,
    ):
        check_window(window_s=window_s, context_s=context_s)
        self.model = build_model(source, depth=depth, device=device, dtype=dtype)
        self._window_s = window_s
        self._context_s = context_s
        self._checkpoint = source.facts()

    @property
    @abstractmethod
    def features(self) -> int:
        """Dimension of the embedding."""

    @property
    def frame_step_s(self) -> float:
        """Seconds from the middle of what one frame sees to that of the next."""
        return self.model.architecture.stride_samples / RATE_HZ

    @property
    def first_frame_s(self) -> float:
        """Seconds from the beginning of a chunk to the middle of what its first frame sees."""
        return (self.model.architecture.receptive_field_samples - 1) / 2 / RATE_HZ

    def facts(self) -> dict[str, Any]:
        """What the embedding is computed with, for the record."""
        return {"checkpoint": self._checkpoint} | self.model.facts()

    @abstractmethod
    def _frames(self, prepared: torch.Tensor) -> torch.Tensor:
        """Embedding [1, frames, features] of one pass [1, samples]."""

    def embed(self, waveform: np.ndarray) -> np.ndarray:
        """Embed a chunk of speech: float32 [samples] at 16 kHz to float32 [frames, features].

        The waveform is normalised over the whole chunk. A chunk up to window_s is one forward pass,
        as published; of a longer one each frame is computed with at least context_s of audio on
        both its sides. Silence is embedded like any sound. Raises InputError where the chunk is
        shorter than one frame (25 ms) or not finite.
        """
        architecture = self.model.architecture
        waveform = checked_waveform(waveform, minimum_samples=architecture.receptive_field_samples)
        prepared, _ = prepare(self.model, torch.from_numpy(waveform)[None], None)
        passes = overlapping_passes(
            architecture.n_frames(len(waveform)),
            stride_samples=architecture.stride_samples,
            window_s=self._window_s,
            context_s=self._context_s,
        )
        shares = []
        for one in passes:
            seen = prepared[:, architecture.samples_of(one.first, one.last, len(waveform))]
            shares.append(self._frames(seen)[0, one.start - one.first : one.stop - one.first].cpu())
        return torch.cat(shares).numpy()
