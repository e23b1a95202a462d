"""The 60 electrodes of the Alice study on a spherical head, and all that they record but speech."""

import mne
import numpy as np

from simulation.noise import band_covariance, brain_activity, coloured
from speech_decoding.studies.brennan_signal import ELECTRODES, MONTAGE

REFERENCE = "29"

_BRAIN_V, _WHITE_V = 6e-6, 5e-7
_DRIFT_V, _DRIFT_HZ = 2e-5, 0.1
_LINE_V, _LINE_HZ = 1e-6, 60.0
_JUMPS, _JUMPS_V, _JUMPS_S = 3, (5e-4, 2e-3), (2.0, 10.0)


class HeadModel:
    """The electrodes on one head: gives the potential of sources in it."""

    def __init__(self):
        self._info = mne.create_info([*ELECTRODES, REFERENCE], 500.0, "eeg")
        self._info.set_montage(MONTAGE)
        self._sphere = mne.make_sphere_model("auto", "auto", self._info, verbose="error")

    def fields(self, places: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Give what the electrodes see of current dipoles of 1 A m: (60, n) in volt.

        Parameters: places (n, 3) in metres and unit directions (n, 3), head coordinates.
        """
        ones = np.ones(len(places))
        dipoles = mne.Dipole(np.arange(len(places)), places, ones, directions, ones)
        forward, _ = mne.make_forward_dipole(dipoles, self._sphere, self._info, verbose="error")
        potentials = forward["sol"]["data"]  # against a point far away
        return potentials[:-1] - potentials[-1]


def record_noise(
    model: HeadModel,
    speech_fields: np.ndarray,
    *,
    sample_count: int,
    rate_hz: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, float, list[str]]:
    """Draw what the electrodes record while nobody speaks.

    Ongoing brain activity, drifts of single electrodes, the power line, white noise, and jumps of a
    few electrodes that come loose for seconds.
    Parameters: speech_fields (60, n), what the electrodes see of where speech is heard.
    Returns: (60, samples) in volt, float32; its power from 1 to 40 Hz without the jumps, summed
    over electrodes, in square volt; the electrodes that jump.
    """
    signals, seen = brain_activity(random, model, speech_fields, sample_count, rate_hz)
    noise = (_BRAIN_V * seen).astype(np.float32) @ signals
    shape = noise.shape
    noise += np.float32(_WHITE_V) * random.standard_normal(shape, dtype=np.float32)
    noise += np.float32(_DRIFT_V) * coloured(
        random, shape[0], shape[1], rate_hz, lambda hz: np.exp(-((hz / _DRIFT_HZ) ** 2) / 2)
    )
    wave = np.sin(2 * np.pi * _LINE_HZ * np.arange(shape[1]) / rate_hz)
    noise += (_LINE_V * random.normal(size=(shape[0], 1)) * wave).astype(np.float32)
    band_power = float(np.trace(band_covariance(noise, rate_hz)))
    loose = random.choice(shape[0], size=_JUMPS, replace=False)
    for electrode in loose:
        start = int(random.integers(shape[1]))
        stop = start + round(random.uniform(*_JUMPS_S) * rate_hz)
        noise[electrode, start:stop] += random.uniform(*_JUMPS_V) * random.choice([-1, 1])
    return noise, band_power, [ELECTRODES[electrode] for electrode in np.sort(loose)]
