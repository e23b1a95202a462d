"""What to know of a recording before trusting it: line noise, bad channels, outliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import mne
    import pandas as pd

CLAMP = 20.0  # interquartile ranges, as published (protocol 2, step 7)

# The spectrum is the mean over this many stretches at most, evenly spread over the recording.
_STRETCHES, _STRETCH_S = 60, 2.0
# Mains hum is a peak this high above the spectrum beside it, in the median sensor.
_LINES_HZ, _LEAST_LINE_DB = (50.0, 60.0), 3.0
_BESIDE_HZ = (2.0, 6.0)
# Samples that the quartiles are estimated from, and samples compared with them at a time.
_QUARTILE_COUNT, _BLOCK_COUNT = 20_000, 10_000


@dataclass(frozen=True)
class Spectrum:
    """Power spectral density of each sensor: frequency_hz [n], power [sensors, n] in unit²/Hz."""

    frequency_hz: np.ndarray
    power: np.ndarray

    def find_line(self) -> tuple[float | None, float | None]:
        """Find mains hum: its frequency in Hz and its height in dB above its surroundings.

        Returns: None, None if neither 50 nor 60 Hz stands out.
        """
        power_db = 10 * np.log10(np.median(self.power, axis=0) + np.finfo(float).tiny)
        heights_db = {}
        for line_hz in _LINES_HZ:
            distance_hz = np.abs(self.frequency_hz - line_hz)
            peak = power_db[distance_hz <= 1 / _STRETCH_S]
            beside = power_db[(distance_hz >= _BESIDE_HZ[0]) & (distance_hz <= _BESIDE_HZ[1])]
            if len(peak) and len(beside):
                heights_db[line_hz] = float(peak.max() - np.median(beside))
        line_hz = max(heights_db, key=heights_db.get, default=None)
        if line_hz is None or heights_db[line_hz] < _LEAST_LINE_DB:
            return None, None
        return line_hz, heights_db[line_hz]


@dataclass(frozen=True)
class Quality:
    """The quality of one recording.

    Attributes: spectrum, as recorded; kind, MNE's type of the sensors; sensors (name, x, y);
    bad_channels, those that the study or the raw checks call bad; clamped_share [sensors], of the
    resampled signal's samples more than CLAMP interquartile ranges from the median.
    """

    spectrum: Spectrum
    kind: str
    sensors: "pd.DataFrame"
    bad_channels: Sequence[str]
    clamped_share: np.ndarray

    def summary(self) -> dict[str, Any]:
        """Give the numbers that quality.json holds."""
        line_hz, line_db = self.spectrum.find_line()
        return {
            "line_hz": line_hz,
            "line_db": None if line_db is None else round(line_db, 1),
            "bad_channels": list(self.bad_channels),
            "clamp": CLAMP,
            "clamped_share": float(self.clamped_share.mean()),
            "clamped_share_of_worst_channel": float(self.clamped_share.max()),
            "worst_channel": str(self.sensors["name"].iloc[int(self.clamped_share.argmax())]),
        }


def measure_spectrum(raw: "mne.io.BaseRaw") -> Spectrum:
    """Estimate the power spectral density of all channels by Welch's method.

    Stretches of 2 s, evenly spread over the recording and read one at a time; Hann window, mean
    removed, which gives a resolution of 0.5 Hz.
    """
    from scipy.signal import welch

    rate_hz = raw.info["sfreq"]
    count = min(round(_STRETCH_S * rate_hz), raw.n_times)
    starts = np.linspace(0, raw.n_times - count, min(_STRETCHES, raw.n_times // count)).astype(int)
    power = np.zeros((len(raw.ch_names), count // 2 + 1))
    for start in starts:
        stretch = raw.get_data(start=start, stop=start + count)
        frequency_hz, density = welch(stretch, rate_hz, nperseg=count)
        power += density
    return Spectrum(frequency_hz, power / len(starts))


def measure_clamped_share(signal: np.ndarray) -> np.ndarray:
    """Estimate how much of each sensor's signal lies beyond the clamp after robust scaling.

    Parameters: signal [samples, sensors]. Returns: shares [sensors].
    """
    step = max(len(signal) // _QUARTILE_COUNT, 1)
    low, center, high = np.percentile(signal[::step], (25, 50, 75), axis=0)
    scale = np.where(high > low, high - low, 1)
    beyond = np.zeros(signal.shape[1], dtype=np.int64)
    for start in range(0, len(signal), _BLOCK_COUNT):
        block = signal[start : start + _BLOCK_COUNT]
        beyond += np.count_nonzero(np.abs(block - center) > CLAMP * scale, axis=0)
    return beyond / len(signal)
