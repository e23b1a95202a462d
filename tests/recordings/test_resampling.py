"""The resampler against its definition, written as a plain sum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.recordings.resampling import Resampler
from tests.recordings.definition import by_definition


@pytest.mark.parametrize("rates", [(1000, 120), (500, 120), (1200, 120), (128, 120), (441, 320)])
def test_equals_the_definition(rates):
    signal = np.random.default_rng(0).standard_normal((3, 1217)).astype(np.float32)
    expected = by_definition(signal, *rates)
    result = Resampler(*rates)(signal)
    assert result.shape == expected.shape
    assert np.abs(result - expected).max() < 1e-5


@settings(deadline=None, max_examples=30)
@given(
    length=st.integers(1, 3000),
    block_count=st.integers(1, 4000),
    rates=st.sampled_from([(1000, 120), (500, 120), (16000, 22050)]),
)
def test_blocks_change_nothing(length, block_count, rates):
    signal = np.random.default_rng(length).standard_normal((2, length)).astype(np.float32)
    resampler = Resampler(*rates)
    blocks = resampler.stream(
        lambda start, stop: signal[:, start:stop], length, block_count=block_count
    )
    pieces = [np.zeros((2, 0), np.float32), *blocks]
    joined = np.concatenate(pieces, axis=1)
    assert joined.shape[1] == resampler.output_count(length)
    if joined.size:
        assert np.allclose(joined, resampler(signal), atol=1e-6)


def test_a_constant_stays_and_frequencies_above_the_new_nyquist_go():
    time_s = np.arange(5000) / 1000
    resampler = Resampler(1000, 120)
    assert np.allclose(resampler(np.full((1, 5000), 2.5)), 2.5, atol=1e-5)
    passed = resampler(np.sin(2 * np.pi * 17 * time_s)[None])[0, 60:-60]
    stopped = resampler(np.sin(2 * np.pi * 75 * time_s)[None])[0, 60:-60]
    assert np.abs(passed).max() > 0.99
    assert np.abs(stopped).max() < 0.01
