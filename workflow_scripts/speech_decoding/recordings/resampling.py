"""Windowed-sinc resampling by a ratio of whole numbers, in bounded memory.

The anti-alias low-pass of the resampler is the only filter of the published preprocessing, so its
definition is exact: 24 zero crossings on either side, a squared-cosine window, a cut-off at 0.945
of the lower Nyquist rate, unit gain at 0 Hz, edge samples repeated beyond the ends (REFERENCE 2).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

ZERO_CROSSINGS = 24
ROLLOFF = 0.945


class Resampler:
    """Resample from one rate to another, both whole numbers in Hz.

    Every `down` input samples give `up` output samples; output sample j of a group uses its own
    kernel, centred j * down / up input samples after the group's first sample.
    """

    def __init__(self, from_hz: int, to_hz: int):
        ratio = Fraction(to_hz, from_hz)
        self.up, self.down = ratio.numerator, ratio.denominator
        cutoff = min(self.up, self.down) * ROLLOFF
        width = np.ceil(ZERO_CROSSINGS * self.down / cutoff)  # half the support, in input samples
        self.margin = int(np.ceil(width / self.down))  # the same in whole groups
        tap = np.arange(-self.margin * self.down, (self.margin + 1) * self.down)
        phase = np.arange(self.up)
        lag = (tap[:, None] / self.down - phase / self.up) * cutoff  # [taps, up], zero crossings
        lag = lag.clip(-ZERO_CROSSINGS, ZERO_CROSSINGS)
        kernels = np.sinc(lag) * np.cos(np.pi * lag / ZERO_CROSSINGS / 2) ** 2
        kernels /= kernels.sum(axis=0)
        # [taps, up] -> [down, group shifts x up]: one matrix product serves all shifts.
        shifts = 2 * self.margin + 1
        kernels = kernels.reshape(shifts, self.down, self.up).transpose(1, 0, 2)
        self._kernels = kernels.reshape(self.down, shifts * self.up).astype(np.float32)

    def output_count(self, input_count: int) -> int:
        """Number of samples that `input_count` samples become; a part of one is dropped."""
        return input_count * self.up // self.down

    def __call__(self, signal: np.ndarray) -> np.ndarray:
        """Resample `signal` [channels, samples] at once; returns float32 [channels, samples]."""
        blocks = self.stream(lambda start, stop: signal[:, start:stop], signal.shape[1])
        return np.concatenate(list(blocks), axis=1)

    def stream(
        self,
        read: Callable[[int, int], np.ndarray],
        input_count: int,
        *,
        block_count: int = 20_000,
    ) -> Iterator[np.ndarray]:
        """Resample block by block, so that memory does not grow with the recording.

        Parameters: read, gives samples start to stop of the input [channels, stop - start];
        input_count, length of the input in samples; block_count, input samples per block, about.
        Yields: float32 [channels, samples]; their concatenation is the whole output, the same
        for every block size.
        """
        output_count = self.output_count(input_count)
        groups = -(-output_count // self.up)
        groups_per_block = max(block_count // self.down, 1)
        for first in range(0, groups, groups_per_block):
            last = min(first + groups_per_block, groups)
            start = (first - self.margin) * self.down
            stop = (last + self.margin) * self.down
            inner = slice(max(start, 0), min(stop, input_count))
            block = np.asarray(read(inner.start, inner.stop), dtype=np.float32)
            edges = ((0, 0), (inner.start - start, stop - inner.stop))
            if edges[1] != (0, 0):
                block = np.pad(block, edges, mode="edge")
            resampled = self._resample_groups(block, last - first)
            yield resampled[:, : output_count - first * self.up]

    def _resample_groups(self, block: np.ndarray, groups: int) -> np.ndarray:
        shifts = 2 * self.margin + 1
        channels = len(block)
        grouped = block.reshape(channels, groups + shifts - 1, self.down)
        # [channels, groups + shifts - 1, shifts, up]
        products = (grouped @ self._kernels).reshape(channels, -1, shifts, self.up)
        total = np.zeros((channels, groups, self.up), dtype=np.float32)
        for shift in range(shifts):
            total += products[:, shift : shift + groups, shift]
        return total.reshape(channels, groups * self.up)
