"""Sensor noise: its spectrum, its spread over the sensors, and its power."""

import numpy as np
import pytest
from scipy import signal

from simulation import brain, noise, recording, sensors
from simulation.seeding import generator

RATE_HZ = 1000
COUNT = 60 * RATE_HZ
STEP_T = 3e-11  # more than noise, less than a jump


def record(snr: float, *, recording_id: str = "a", count: int = COUNT) -> np.ndarray:
    """Give (256, count) of a listener who hears noise that comes and goes."""
    loudness = np.repeat(np.random.default_rng(0).uniform(size=(8, count // 100)), 100, axis=1)
    blocks = recording.sensor_blocks(
        loudness.astype(np.float32),
        np.arange(500, count, 400),
        sensors.place_head(0, "01", "0"),
        recording_id=recording_id,
        subject="01",
        kind="speech",
        snr=snr,
        rate_hz=RATE_HZ,
        seed=0,
    )
    return np.concatenate(list(blocks), axis=1)


def power_1_to_40_hz(data: np.ndarray) -> float:
    band = signal.butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos")
    return float((signal.sosfiltfilt(band, data, axis=1) ** 2).mean(axis=1).sum())


@pytest.fixture(scope="module")
def silent() -> np.ndarray:
    return record(0.0)


@pytest.fixture(scope="module")
def quiet(silent) -> np.ndarray:
    """Gradiometers (n, samples) without those that jump."""
    step = np.abs(np.diff(silent[:208], axis=1)).max(axis=1)
    return silent[:208][step < STEP_T]


@pytest.mark.parametrize("snr", [0.05, 2.0])
def test_signal_to_noise_ratio_is_what_was_asked(silent, quiet, snr):
    response = record(snr)[:208] - silent[:208]
    noise_power = power_1_to_40_hz(quiet) * 208 / len(quiet)
    assert power_1_to_40_hz(response) / noise_power == pytest.approx(snr, rel=0.15)


def test_levels_are_near_those_of_real_sensors(silent, quiet):
    frequency_hz, density = signal.welch(quiet, RATE_HZ, nperseg=4096)
    level = np.sqrt(np.median(density, axis=0)) * 1e15  # fT per root Hz
    at = {hz: level[np.argmin(np.abs(frequency_hz - hz))] for hz in (2, 5, 20, 55, 60, 300)}
    assert 300 > at[2] > at[5] > at[20] > at[55] > at[300] > 3
    assert at[60] > 2 * at[55]
    alpha = level[(frequency_hz > 9) & (frequency_hz < 11)].mean()
    assert alpha > 1.5 * level[(frequency_hz > 5) & (frequency_hz < 6)].mean()
    assert 5e-13 < np.median(quiet.std(axis=1)) < 5e-12
    assert not silent[224:].any()


def test_neighbouring_sensors_jump_together_and_far(silent, quiet):
    usual = np.median(np.abs(signal.detrend(quiet[:, :3000])))
    steps = np.abs(np.diff(silent[:208], axis=1))
    jumping = steps.max(axis=1) > STEP_T
    assert 8 <= jumping.sum() == 208 - len(quiet) <= 6 * 8  # in a minute
    assert (steps[jumping].max(axis=1) > 30 * usual).all()
    moments = np.flatnonzero((steps > STEP_T).any(axis=0))
    assert 6 <= len(moments) <= 6 * 2  # a jump may outlast the recording
    positions, _ = sensors.gradiometers()
    for moment in moments:
        together = positions[steps[:, moment] > STEP_T]
        assert len(together) == 8
        assert np.linalg.norm(together - together.mean(axis=0), axis=1).max() < 0.06


def test_neighbours_see_the_same_sources(silent):
    band = signal.butter(4, [1, 40], "bandpass", fs=RATE_HZ, output="sos")
    alike = np.abs(np.corrcoef(signal.sosfiltfilt(band, silent[:208], axis=1)))
    positions, _ = sensors.gradiometers()
    distance = np.linalg.norm(positions[:, np.newaxis] - positions, axis=-1)
    near, far = (distance > 0) & (distance < 0.025), distance > 0.15
    assert np.median(alike[near]) > 0.5
    assert np.median(alike[far]) < 0.4


def test_the_sources_of_the_response_are_active_by_themselves():
    model = brain.HeadModel(sensors.place_head(0, "01", "0"))
    fields = brain.speech_source_fields(model, seed=0, subject="01")
    signals, seen = noise.brain_activity(generator(0, "own"), model, fields, 60_000, RATE_HZ)
    power = np.diagonal(noise.band_covariance(signals, RATE_HZ)) * (seen**2).mean(axis=0)
    assert power[:-12].sum() == pytest.approx(1)
    assert power[-12:].sum() > 3
    # Where they are seen, they are seen as the response is.
    scale = seen[:, -12:] / fields
    np.testing.assert_allclose(scale, scale[0, 0])
    own = np.corrcoef(signals[-12:])[~np.eye(12, dtype=bool)]
    assert np.abs(own).max() < 0.3


def test_noise_belongs_to_the_recording(silent):
    np.testing.assert_array_equal(record(0.0, count=5000), record(0.0, count=5000))
    other = record(0.0, recording_id="b")
    assert np.abs(np.corrcoef(silent[0], other[0])[0, 1]) < 0.5
    assert not np.array_equal(silent[:208], other[:208])


def test_blocks_join_without_a_seam():
    model = brain.HeadModel(sensors.place_head(0, "01", "0"))
    whole, parts = (
        noise.SensorNoise(
            model,
            brain.speech_source_fields(model, seed=0, subject="01"),
            sample_count=4000,
            rate_hz=RATE_HZ,
            random=generator(0, "seam"),
        )
        for _ in range(2)
    )
    smooth = signal.butter(4, 30, fs=RATE_HZ, output="sos")
    joined = np.concatenate([parts.block(a, a + 500) for a in range(0, 4000, 500)], axis=1)
    one = signal.sosfiltfilt(smooth, whole.block(0, 4000), axis=1)
    other = signal.sosfiltfilt(smooth, joined, axis=1)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_band_covariance_of_known_waves():
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    waves = np.array([np.sin(2 * np.pi * hz * time_s) for hz in (0.5, 10, 10, 60)])
    waves[2] *= -3
    expected = np.zeros((4, 4))
    expected[1:3, 1:3] = [[0.5, -1.5], [-1.5, 4.5]]
    np.testing.assert_allclose(noise.band_covariance(waves, RATE_HZ), expected, atol=1e-9)
