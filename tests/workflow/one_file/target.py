"""The loudness of the speech, as a target."""

import numpy as np

from plumbing.values import Count

RATE_HZ = 16_000


class Target:
    """The logarithm of the power in steps of some samples, and its opposite."""

    silence, features, first_frame_s = -10.0, 2, 0.0

    def __init__(self, *, step_samples: Count):
        self._step = step_samples
        self.frame_step_s = step_samples / RATE_HZ

    def facts(self):
        return {"step_samples": self._step}

    def embed(self, waveform):
        count = len(waveform) // self._step
        steps = waveform[: count * self._step].reshape(count, self._step)
        loudness = np.log(1e-10 + (steps**2).mean(axis=1))
        return np.stack([loudness, -loudness], axis=1).astype(np.float32)
