"""Everything that sensors record besides the response to speech.

Ongoing brain activity (1/f spectrum with an alpha rhythm), the surroundings, the power line and
slow drifts are a few dozen signals mixed into the sensors; white sensor noise and the jumps of
neighbouring sensors, which leave the usual range, come on top. The ongoing activity comes from all
over the head, and most of it from where the response to speech comes from: no sensors can tell the
two apart, and this limits how well speech can be decoded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import fft

from simulation import sensors
from simulation.brain import tangential

BAND_HZ = (1.0, 40.0)  # where signal and noise are compared

_BRAIN_SOURCES, _BRAIN_RADIUS_M, _BRAIN_T = 48, 0.065, 3e-13
_OWN_POWER = 8.0  # of the ongoing activity where speech is heard, relative to all over the head
_ALPHA_HZ, _ALPHA_WIDTH_HZ = 10.0, 1.5
_FIELDS, _FIELD_T, _FIELD_LEAK = 3, 3e-12, 0.02
_LINE_HZ, _LINE_T = (60.0, 120.0), (2e-13, 0.5e-13)
_DRIFTS, _DRIFT_T, _DRIFT_HZ = 8, 1.5e-12, 0.1
_WHITE_T = 2e-12  # more than in a real laboratory, so that a decoder has to use many sensors
_JUMP_EVERY_S, _JUMPS_T, _JUMPS_S = 10.0, (6e-11, 1.2e-10), (1.0, 4.0)
_JUMPING_SENSORS = 8  # neighbours whose shared electronics lose their lock together
_HARDWARE_HZ = 0.03  # nothing slower passes the amplifier


class HeadModel(Protocol):
    """The sensors around one head: gives what they see of sources in it."""

    def fields(self, places: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Give (sensors, n) of dipoles at places (n, 3) in metres and unit directions (n, 3)."""


@dataclass(frozen=True)
class _Jump:
    channels: np.ndarray
    start: int
    stop: int
    heights: np.ndarray


class SensorNoise:
    """The noise of one recording, given in blocks of time.

    speech_fields (208, n) is what the gradiometers see of where speech is heard. `band_power`
    is the sum over gradiometers of the noise's power in BAND_HZ, in square tesla.
    """

    def __init__(
        self,
        model: HeadModel,
        speech_fields: np.ndarray,
        *,
        sample_count: int,
        rate_hz: float,
        random: np.random.Generator,
    ):
        self._random = random
        parts = [
            self._brain(model, speech_fields, sample_count, rate_hz),
            self._surroundings(sample_count, rate_hz),
            self._power_line(sample_count, rate_hz),
            self._drift(sample_count, rate_hz),
        ]
        self._signals = np.concatenate([signals for signals, _ in parts])
        self._mixing = np.concatenate([mixing for _, mixing in parts], axis=1).astype(np.float32)
        self._jumps = self._draw_jumps(sample_count, rate_hz)
        mixed_power = _band_power(self._signals, rate_hz) @ _seen_by_gradiometers(self._mixing)
        white_power = sensors.GRADIOMETERS * _WHITE_T**2 * np.ptp(BAND_HZ) / (rate_hz / 2)
        self.band_power = float(mixed_power + white_power)

    def block(self, start: int, stop: int) -> np.ndarray:
        """Give the samples [start, stop) of gradiometers and references: (224, n) in tesla.

        Blocks must be asked for in order: the white noise is drawn on the way.
        """
        shape = (len(self._mixing), stop - start)
        noise = self._random.standard_normal(shape, dtype=np.float32) * np.float32(_WHITE_T)
        noise += self._mixing @ self._signals[:, start:stop]
        for jump in self._jumps:
            span = slice(max(jump.start - start, 0), max(jump.stop - start, 0))
            noise[jump.channels, span] += jump.heights[:, np.newaxis]
        return noise

    def _brain(
        self, model: HeadModel, speech_fields: np.ndarray, count: int, rate_hz: float
    ) -> tuple[np.ndarray, np.ndarray]:
        signals, seen = brain_activity(self._random, model, speech_fields, count, rate_hz)
        return signals, np.pad(_BRAIN_T * seen, [(0, sensors.REFERENCES), (0, 0)])

    def _surroundings(self, count: int, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
        """Homogeneous fields: the references see one axis each, the gradiometers hardly any."""
        signals = coloured(self._random, _FIELDS, count, rate_hz, lambda hz: hz**-0.75)
        leak = _FIELD_LEAK * self._random.normal(size=(sensors.GRADIOMETERS, _FIELDS))
        _, directions = sensors.references()
        return signals, np.concatenate([leak, directions]) * _FIELD_T

    def _power_line(self, count: int, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
        times_s = np.arange(count) / rate_hz
        phases = [2 * np.pi * hz * times_s for hz in _LINE_HZ]
        signals = [wave(phase) for phase in phases for wave in (np.sin, np.cos)]
        channels = sensors.GRADIOMETERS + sensors.REFERENCES
        mixing = self._random.normal(size=(channels, len(signals))) * np.repeat(_LINE_T, 2)
        return np.array(signals, dtype=np.float32), mixing

    def _drift(self, count: int, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
        def amplitude(frequency_hz: np.ndarray) -> np.ndarray:
            return np.exp(-((frequency_hz / _DRIFT_HZ) ** 2) / 2)

        signals = coloured(self._random, _DRIFTS, count, rate_hz, amplitude)
        channels = sensors.GRADIOMETERS + sensors.REFERENCES
        mixing = self._random.normal(size=(channels, _DRIFTS)) * _DRIFT_T / np.sqrt(_DRIFTS)
        return signals, mixing

    def _draw_jumps(self, count: int, rate_hz: float) -> list[_Jump]:
        """Steps of some hundred times the usual deviation, in neighbouring sensors, for seconds."""
        random = self._random
        places, _ = sensors.gradiometers()
        number = max(1, round(count / rate_hz / _JUMP_EVERY_S))
        jumps = []
        for centre in random.choice(sensors.GRADIOMETERS, size=number):
            distance = np.linalg.norm(places - places[centre], axis=1)
            channels = np.argsort(distance)[:_JUMPING_SENSORS]
            start = int(random.integers(count))
            stop = start + round(random.uniform(*_JUMPS_S) * rate_hz)
            heights = random.uniform(*_JUMPS_T, size=_JUMPING_SENSORS)
            heights *= random.choice([-1, 1], size=_JUMPING_SENSORS)
            jumps.append(_Jump(channels, start, stop, heights))
        return jumps


def brain_activity(
    random: np.random.Generator,
    model: HeadModel,
    speech_fields: np.ndarray,
    sample_count: int,
    rate_hz: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the ongoing activity of sources all over the head, and of those where speech is heard.

    Parameters: speech_fields (sensors, n), what the sensors see of each of the latter.
    Returns: signals (48 + n, samples) of unit variance, float32; what the sensors see of each,
    (sensors, 48 + n), scaled so that the power in BAND_HZ of the first 48, mean over sensors, is 1.
    """
    # More of them above the centre of the head than below it.
    ways = random.normal([0, 0, 0.5], 1, size=(_BRAIN_SOURCES, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    places = sensors.HEAD_CENTRE_M + _BRAIN_RADIUS_M * ways
    everywhere = model.fields(places, tangential(places, random.normal(size=places.shape)))
    alpha = random.gamma(1.0, 2.0, size=(_BRAIN_SOURCES + speech_fields.shape[1], 1))

    def amplitude(frequency_hz: np.ndarray) -> np.ndarray:
        rhythm = np.exp(-(((frequency_hz - _ALPHA_HZ) / _ALPHA_WIDTH_HZ) ** 2) / 2)
        return (1 + alpha * rhythm) / np.sqrt(frequency_hz)

    signals = coloured(random, len(alpha), sample_count, rate_hz, amplitude)
    power = _band_power(signals, rate_hz)
    seen = [
        fields * np.sqrt(level / (own_power @ (fields**2).mean(axis=0)))
        for fields, own_power, level in (
            (everywhere, power[:_BRAIN_SOURCES], 1.0),
            (speech_fields, power[_BRAIN_SOURCES:], _OWN_POWER),
        )
    ]
    return signals, np.concatenate(seen, axis=1)


def coloured(
    random: np.random.Generator,
    count: int,
    sample_count: int,
    rate_hz: float,
    amplitude: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Draw signals of unit variance with this amplitude spectrum: (count, samples), float32."""
    length = fft.next_fast_len(sample_count, real=True)
    frequency_hz = fft.rfftfreq(length, 1 / rate_hz)
    shape = (count, len(frequency_hz))
    spectrum = random.standard_normal((*shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    passes = frequency_hz > _HARDWARE_HZ
    spectrum[:, ~passes] = 0
    spectrum[:, passes] *= amplitude(frequency_hz[passes]).astype(np.float32)
    signals = fft.irfft(spectrum, length, axis=1, overwrite_x=True)[:, :sample_count]
    return signals / signals.std(axis=1, keepdims=True)


def _band_power(signals: np.ndarray, rate_hz: float) -> np.ndarray:
    """Give the mean power of each signal (n, samples) in BAND_HZ: (n,)."""
    return np.array([band_covariance(one[np.newaxis], rate_hz).item() for one in signals])


def band_covariance(signals: np.ndarray, rate_hz: float) -> np.ndarray:
    """Give the covariance of signals (n, samples) after a band-pass to BAND_HZ: (n, n)."""
    sample_count = fft.prev_fast_len(signals.shape[1], real=True)  # others are slow
    frequency_hz = fft.rfftfreq(sample_count, 1 / rate_hz)
    inside = (frequency_hz >= BAND_HZ[0]) & (frequency_hz < BAND_HZ[1])
    spectrum = fft.rfft(signals[:, :sample_count], axis=1)[:, inside]
    # Each bin stands for itself and for its mirror image at the negative frequency.
    return 2 * (spectrum @ spectrum.conj().T).real / sample_count**2


def response_fields(
    speech_fields: np.ndarray,
    responses: np.ndarray,
    *,
    snr: float,
    noise_power: float,
    rate_hz: float,
) -> np.ndarray:
    """Scale what the sensors see of the sources that respond: (sensors, responses), float32.

    Parameters: speech_fields (sensors, n), those of the responding sources first; responses
    (responses, samples); snr, the power of the responses in BAND_HZ, summed over sensors, divided
    by noise_power, which is the same of the noise.
    """
    fields = speech_fields[:, : len(responses)]
    power = np.trace(fields @ band_covariance(responses, rate_hz) @ fields.T)
    return (fields * np.sqrt(snr * noise_power / power)).astype(np.float32)


def _seen_by_gradiometers(mixing: np.ndarray) -> np.ndarray:
    """Sum the squared fields of each signal over the gradiometers: (signals,)."""
    return (mixing[: sensors.GRADIOMETERS].astype(np.float64) ** 2).sum(axis=0)
