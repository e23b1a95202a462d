"""Windowed-sinc resampling by a ratio of whole numbers, in bounded memory.

The anti-alias low-pass of the resampler is the only filter of the published preprocessing, so its
definition is exact: 24 zero crossings on either side, a squared-cosine window, a cut-off at 0.945
of the lower Nyquist rate, unit gain at 0 Hz, edge samples repeated beyond the ends (protocol 2).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

ZERO_CROSSINGS = 24
ROLLOFF = 0.945


class Resampler:
    """Resample from one rate to another, both whole numbers in Hz.

    Every `down` input samples give `up` output samples, each with its own kernel. The kernels of
    neighbouring outputs overlap, so some groups of outputs are made at once, as a tile: one matrix
    holds their kernels, shifted against each other, and one matrix product per tile does the work.
    """

    def __init__(self, from_hz: int, to_hz: int):
        ratio = Fraction(to_hz, from_hz)
        self.up, self.down = ratio.numerator, ratio.denominator
        cutoff = min(self.up, self.down) * ROLLOFF
        # Input samples that a kernel reaches to either side.
        self._reach = int(np.ceil(ZERO_CROSSINGS * self.down / cutoff))
        # A tile as long as one side of a kernel: its matrix then holds one zero for two weights.
        groups = max(self._reach // self.down, 1)
        self._tile_inputs, self._tile_outputs = groups * self.down, groups * self.up
        tap = np.arange(-self._reach, self._tile_inputs + self._reach)
        centre = np.arange(self._tile_outputs) * self.down / self.up
        lag = (tap[:, None] - centre) * cutoff / self.down  # [taps, outputs], zero crossings
        lag = lag.clip(-ZERO_CROSSINGS, ZERO_CROSSINGS)
        kernels = np.sinc(lag) * np.cos(np.pi * lag / ZERO_CROSSINGS / 2) ** 2
        self._kernels = (kernels / kernels.sum(axis=0)).astype(np.float32)

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
        tiles = -(-output_count // self._tile_outputs)
        tiles_per_block = max(block_count // self._tile_inputs, 1)
        for first in range(0, tiles, tiles_per_block):
            last = min(first + tiles_per_block, tiles)
            start = first * self._tile_inputs - self._reach
            stop = last * self._tile_inputs + self._reach
            inner = slice(max(start, 0), min(stop, input_count))
            block = np.asarray(read(inner.start, inner.stop), dtype=np.float32)
            edges = ((0, 0), (inner.start - start, stop - inner.stop))
            if edges[1] != (0, 0):
                block = np.pad(block, edges, mode="edge")
            resampled = self._resample_tiles(block)
            yield resampled[:, : output_count - first * self._tile_outputs]

    def _resample_tiles(self, block: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(block, len(self._kernels), axis=1)
        tiles = windows[:, :: self._tile_inputs].transpose(1, 0, 2)  # [tiles, channels, taps]
        outputs = tiles @ self._kernels  # [tiles, channels, outputs of a tile]
        return outputs.transpose(1, 0, 2).reshape(len(block), -1)
