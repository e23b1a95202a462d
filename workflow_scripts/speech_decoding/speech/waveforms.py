"""What every speech target asks of the waveform that it embeds."""

import numpy as np

from plumbing.errors import InputError

RATE_HZ = 16_000


def checked_waveform(waveform: np.ndarray, *, minimum_samples: int) -> np.ndarray:
    """The waveform as float32 [samples], contiguous.

    Raises InputError where it is not one channel, has a value that is not finite, or is shorter
    than `minimum_samples`, the samples that one frame needs.
    """
    waveform = np.ascontiguousarray(waveform, dtype=np.float32)
    expected = f"one channel at {RATE_HZ} Hz of at least {minimum_samples} samples, all finite"
    if waveform.ndim != 1:
        found = f"an array of shape {waveform.shape}"
    elif len(waveform) < minimum_samples:
        found = f"{len(waveform)} samples"
    elif not np.isfinite(waveform).all():
        found = f"{np.count_nonzero(~np.isfinite(waveform))} values that are not finite"
    else:
        return waveform
    raise InputError(
        "A chunk of speech",
        expected=expected,
        found=found,
        consequence="it cannot be embedded",
        next_step="check the audio file and the table of its chunks",
    )
