"""Checks of the samples: gaps and flat sensors are found wherever they lie."""

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.recordings.signal_checks import check_signal

RATE_HZ = 100  # so that 50 000 samples, more than two blocks, are 500 s


def record(data: np.ndarray) -> mne.io.RawArray:
    info = mne.create_info([f"s{index}" for index in range(len(data))], RATE_HZ, "eeg")
    return mne.io.RawArray(data, info, verbose="error")


def noise(samples: int = 50_000, sensors: int = 20) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(sensors, samples))


def test_noise_is_fine():
    assert check_signal(record(noise()), "x") == ([], [])


@settings(deadline=None, max_examples=25)
@given(first=st.integers(0, 49_000), length=st.integers(2, 1000), value=st.sampled_from([0.0, 7.5]))
def test_a_gap_is_measured_to_the_sample(first, length, value):
    data = noise(sensors=2)
    data[:, first : first + length] = value
    findings, bad = check_signal(record(data), "x")
    assert bad == []
    if length < 0.1 * RATE_HZ:
        assert findings == []
    else:
        (finding,) = findings
        assert finding.severity == ("fault" if length > RATE_HZ else "warning")
        assert f"still for {length / RATE_HZ:.2f} s" in finding.sentence
        place = "at its end" if first + length == 50_000 else f"from {first / RATE_HZ:.1f} s on"
        assert place in finding.sentence


def test_many_short_gaps_are_a_fault():
    data = noise()
    for first in range(1000, 49_000, 4000):
        data[:, first : first + 20] = 0
    ((finding,), _) = check_signal(record(data), "x")
    assert finding.severity == "fault"
    assert "still for 2.40 s, from 10.0 s on" in finding.sentence


def test_one_sensor_that_moves_is_no_gap_but_the_others_are_flat():
    data = np.zeros((20, 5000))
    data[3] = noise(5000, 1)
    findings, bad = check_signal(record(data), "x")
    assert [finding.severity for finding in findings] == ["fault"]
    assert bad == [f"s{index}" for index in range(20) if index != 3]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_value_that_is_not_finite_is_a_fault(value):
    data = noise()
    data[4, 20_000] = value
    ((finding,), bad) = check_signal(record(data), "x")
    assert finding.severity == "fault"
    assert "s4" in finding.sentence
    assert bad == ["s4"]
