"""What a simulated brain does with speech, and what the sensors see of it.

The truth of every simulation: features of the speech (energy in seven bands, acoustic onsets, word
onsets) are convolved with response kernels of 50 to 300 ms, which are the same for all listeners;
the results drive six sources in the temporal lobes, whose places differ a little from listener to
listener. Their directions, which the folds of the cortex set, turn by a large angle: the same
sensors mean something else for each listener, and no map of the sensors serves all. What sensors
see of each source is computed in a spherical head.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import mne
import numpy as np
from scipy import fft, signal

from simulation import kit_file, sensors
from simulation.seeding import generator

KINDS = ("speech", "word_onsets")  # what a brain responds to: all features, or the last alone

_BAND_EDGES_HZ = np.geomspace(120, 8000, 8)
_WINDOW_S, _HOP_S = 0.02, 0.005
_COMPRESSION = 0.3  # exponent from power to loudness
_FEATURES = len(_BAND_EDGES_HZ) - 1 + 2

_KERNEL_S, _KERNEL_PEAKS = 0.4, 3
_PEAKS_S, _PEAK_WIDTHS_S = (0.05, 0.30), (0.015, 0.04)

# Superior temporal sources, three in each hemisphere, in head coordinates.
_SOURCES_M = np.array([[0.052, 0.012, 0.058], [0.056, -0.008, 0.062], [0.050, -0.028, 0.066]])
_SOURCES_M = np.concatenate([_SOURCES_M, _SOURCES_M * [-1, 1, 1]])
_PLACE_SPREAD_M = 0.004
_TURN_RAD = np.radians(137.508)  # the golden angle: no two of a few multiples come close


def speech_features(waveform: np.ndarray, rate_hz: int, times_s: np.ndarray) -> np.ndarray:
    """Compute loudness in seven bands and acoustic onsets at the given times: (8, n), float32.

    Parameters: waveform (samples,) at rate_hz; times_s (n,) in seconds from its first sample; 0
    outside the waveform.
    """
    length = round(_WINDOW_S * rate_hz)
    frequency_hz, frames_s, power = signal.spectrogram(
        waveform, rate_hz, "hann", length, length - round(_HOP_S * rate_hz), scaling="spectrum"
    )
    band = np.digitize(frequency_hz, _BAND_EDGES_HZ)
    inside = range(1, len(_BAND_EDGES_HZ))
    loudness = np.stack([power[band == index].sum(axis=0) for index in inside]) ** _COMPRESSION
    onsets = np.diff(loudness.sum(axis=0), prepend=0).clip(min=0)
    tracks = np.vstack([loudness, onsets])
    return np.stack(
        [np.interp(times_s, frames_s, track, left=0, right=0) for track in tracks]
    ).astype(np.float32)


def source_responses(
    features: np.ndarray, word_onsets: np.ndarray, *, kind: str, rate_hz: float, seed: int
) -> np.ndarray:
    """Convolve the features of a recording with the kernels of the study.

    Parameters: features (8, samples) at rate_hz; word_onsets, sample numbers; kind, one of KINDS.
    Returns: source signals (6, samples), float32, in arbitrary units.
    """
    sample_count = features.shape[1]
    clicks = np.zeros(sample_count, np.float32)
    clicks[word_onsets] = 1
    features = np.vstack([features, clicks])
    features /= features.std(axis=1, keepdims=True)
    kernels = _kernels(rate_hz, seed)
    if kind == "word_onsets":
        features, kernels = features[-1:], kernels[:, -1:]
    length = fft.next_fast_len(sample_count + kernels.shape[2], real=True)
    spectra = fft.rfft(features, length)
    responses = [
        fft.irfft((fft.rfft(kernel, length) * spectra).sum(axis=0), length)[:sample_count]
        for kernel in kernels
    ]
    return np.array(responses, dtype=np.float32)


def _kernels(rate_hz: float, seed: int) -> np.ndarray:
    """Draw one kernel per source and feature, a sum of peaks: (6, 9, samples), float32."""
    random = generator(seed, "kernels")
    shape = (len(_SOURCES_M), _FEATURES, _KERNEL_PEAKS, 1)
    peaks_s = random.uniform(*_PEAKS_S, size=shape)
    widths_s = random.uniform(*_PEAK_WIDTHS_S, size=shape)
    heights = random.normal(size=shape)
    times_s = np.arange(round(_KERNEL_S * rate_hz)) / rate_hz
    peaks = heights * np.exp(-(((times_s - peaks_s) / widths_s) ** 2) / 2)
    return peaks.sum(axis=2).astype(np.float32)


class HeadModel:
    """The sensors around one listener's head: gives the field of sources in it."""

    def __init__(self, head: sensors.Head):
        with TemporaryDirectory() as folder:
            # The description of the sensors is what the reader of the real format makes of it.
            path = Path(folder) / "sensors.con"
            empty = np.zeros((sensors.CHANNELS, 1), np.float32)
            kit_file.write_recording(path, [empty], sample_count=1, rate_hz=1000)
            digitised = np.concatenate([head.fiducials, head.coils])
            kit_file.write_markers(Path(folder) / "markers.mrk", head.markers)
            info = mne.io.read_raw_kit(
                path,
                mrk=f"{folder}/markers.mrk",
                elp=digitised,
                hsp=head.scalp,
                verbose="error",
            ).info
        # MNE refuses to compute what the reference sensors see; the brain is far from them.
        self._info = mne.pick_info(info, mne.pick_types(info, meg=True, ref_meg=False))
        self._sphere = mne.make_sphere_model(
            sensors.HEAD_CENTRE_M, head_radius=None, verbose="error"
        )

    def fields(self, places: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Give what the gradiometers see of current dipoles of 1 A m: (208, n) in tesla.

        Parameters: places (n, 3) in metres and unit directions (n, 3), head coordinates.
        """
        ones = np.ones(len(places))
        dipoles = mne.Dipole(np.arange(len(places)), places, ones, directions, ones)
        forward, _ = mne.make_forward_dipole(dipoles, self._sphere, self._info, verbose="error")
        return forward["sol"]["data"]


def speech_source_fields(model: HeadModel, *, seed: int, subject: str) -> np.ndarray:
    """Give the fields of a listener's speech sources, (sensors, 12), per A m.

    The first six are of the sources as they respond to speech, the other six of sources at the same
    places whose directions are at right angles to theirs, and tangential as well. The number in the
    subject's label, 26 of S26, says how far the directions are turned.
    """
    study, listener = generator(seed, "sources"), generator(seed, "sources", subject)
    places = _SOURCES_M + listener.normal(0, _PLACE_SPREAD_M, size=_SOURCES_M.shape)
    common = tangential(places, study.normal(size=places.shape))
    across = np.cross(_outward(places), common)
    turn_rad = _TURN_RAD * int("".join(filter(str.isdigit, subject)))
    directions = [
        np.cos(angle_rad) * common + np.sin(angle_rad) * across
        for angle_rad in (turn_rad, turn_rad + np.pi / 2)
    ]
    return model.fields(np.concatenate([places] * 2), np.concatenate(directions))


def tangential(places: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Make directions (n, 3) tangential to the head at places (n, 3), since only that is seen."""
    radial = _outward(places)
    flat = directions - (directions * radial).sum(axis=1, keepdims=True) * radial
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def _outward(places: np.ndarray) -> np.ndarray:
    """Give the unit directions (n, 3) from the centre of the head through places (n, 3)."""
    radial = places - sensors.HEAD_CENTRE_M
    return radial / np.linalg.norm(radial, axis=1, keepdims=True)
