"""Windows of signals, wherever these are held."""

import numpy as np
import pytest
import torch

from speech_decoding.dataset.signals import place_signals

CPU = torch.device("cpu")
RECORDING, FIRST = torch.tensor([1, 0, 1, 2]), torch.tensor([0, 40, 55, 3])


@pytest.fixture
def signals():
    """Three recordings in volt, with large offsets, one of them with fewer sensors."""
    random = np.random.default_rng(5)
    return [
        ((random.standard_normal((length, sensors)) + 20) * 1e-13).astype(np.float32)
        for length, sensors in ((90, 4), (80, 4), (50, 3))
    ]


@pytest.mark.parametrize("placement", ["host", "device", "auto"])
def test_windows_are_cut_from_their_recordings(signals, placement):
    windows = place_signals(signals, CPU, placement=placement).cut(RECORDING, FIRST, 25)
    assert windows.shape == (4, 25, 4) and windows.dtype == torch.float32
    for window, number, first in zip(windows.numpy(), RECORDING, FIRST, strict=True):
        signal = signals[number]
        assert np.array_equal(window[:, : signal.shape[1]], signal[first : first + 25])
        assert (window[:, signal.shape[1] :] == 0).all()


def test_half_precision_keeps_what_matters_and_shifts_by_a_constant(signals):
    signals[0][:, 2] = 7e-13  # a flat sensor
    exact = place_signals(signals, CPU).cut(RECORDING, FIRST, 25)
    stored = place_signals(signals, CPU, storage="float16", placement="device")
    assert stored._samples.dtype == torch.float16
    half = stored.cut(RECORDING, FIRST, 25)
    difference = (half - half.mean(1, keepdim=True)) - (exact - exact.mean(1, keepdim=True))
    assert difference.abs().max() < 2e-3 * 1e-13
