"""The mel spectrum, the baseline among speech targets (protocol 3.2)."""

import warnings
from typing import Any

import numpy as np
import torch

from plumbing.errors import InputError
from plumbing.values import Count
from speech_decoding.speech.torchaudio_guard import torchaudio
from speech_decoding.speech.waveforms import RATE_HZ, checked_waveform

_N_FFT = 512
_HOP_SAMPLES = 128  # 125 frames per second


class Target:
    """log10(1e-5 + power) in mel bands, 125 frames per second."""

    silence = -5.0
    frame_step_s = _HOP_SAMPLES / RATE_HZ
    first_frame_s = 0.0

    def __init__(self, *, n_mels: Count = 120):
        """Prepare the filters; raises InputError unless there is at least one."""
        if n_mels < 1:
            raise InputError(
                "The setting n_mels",
                expected="a number of mel bands above 0",
                found=f"{n_mels}",
                consequence="the embedding cannot be computed",
                next_step="correct the setting",
            )
        with warnings.catch_warnings():
            # torchaudio warns of empty filters, which empty_filters tells exactly.
            warnings.filterwarnings("ignore", message="At least one mel filterbank")
            self._power = torchaudio.transforms.MelSpectrogram(
                sample_rate=RATE_HZ,
                n_fft=_N_FFT,
                hop_length=_HOP_SAMPLES,
                n_mels=n_mels,
                normalized=True,
            )
        self.features = n_mels

    def empty_filters(self) -> list[int]:
        """Bands whose filter lies between two Fourier bins: they are -5 whatever is said."""
        weights = self._power.mel_scale.fb  # [Fourier bins, bands]
        return torch.nonzero(weights.amax(dim=0) == 0).flatten().tolist()

    def facts(self) -> dict[str, Any]:
        """What the embedding is computed with, for the record."""
        return {"n_mels": self.features, "empty_filters": self.empty_filters()}

    def embed(self, waveform: np.ndarray) -> np.ndarray:
        """Embed a chunk of speech: float32 [samples] at 16 kHz to float32 [frames, features].

        The chunk is standardised by its own mean and standard deviation, here after it was brought
        to 16 kHz; frame i is centred on sample 128 i. Silence gives -5. Raises InputError where
        the chunk is not longer than half a Fourier window (256 samples), or not finite.
        """
        waveform = checked_waveform(waveform, minimum_samples=_N_FFT // 2 + 1)
        samples = torch.from_numpy(waveform)
        standardised = (samples - samples.mean()) / (1e-8 + samples.std())
        with torch.inference_mode():
            power = self._power(standardised)  # [bands, frames]
        return torch.log10(power + 1e-5).T.contiguous().numpy()
