"""Windowed-sinc resampling as its definition says, one output sample after the other."""

import numpy as np


def by_definition(signal: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """Sum over the whole kernel for every output sample (protocol 2, step 2)."""
    divisor = np.gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    cutoff = min(up, down) * 0.945
    output = np.empty((len(signal), signal.shape[1] * up // down))
    for index in range(output.shape[1]):
        group, phase = divmod(index, up)
        width = int(np.ceil(24 * down / cutoff))
        tap = np.arange(-width, width + down)
        lag = np.clip((tap / down - phase / up) * cutoff, -24, 24)
        kernel = np.sinc(lag) * np.cos(lag * np.pi / 48) ** 2
        place = np.clip(group * down + tap, 0, signal.shape[1] - 1)
        output[:, index] = signal[:, place] @ (kernel / kernel.sum())
    return output
