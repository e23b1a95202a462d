"""Long chunks, cut into overlapping passes so that memory stays bounded."""

import math
from dataclasses import dataclass
from itertools import pairwise

from plumbing.errors import InputError
from speech_decoding.speech.waveforms import RATE_HZ


@dataclass(frozen=True)
class Pass:
    """One run of a network: it sees the frames [first, last) and gives the frames [start, stop)."""

    first: int
    start: int
    stop: int
    last: int


def check_window(*, window_s: float, context_s: float) -> None:
    """Raise InputError where the window is not longer than the context on both its sides."""
    if not (context_s >= 0 and 2 * context_s < window_s < math.inf):
        raise InputError(
            "The settings window_s and context_s",
            expected="a window longer than twice the context, which is not negative",
            found=f"window_s {window_s} and context_s {context_s}",
            consequence="long audio cannot be cut into passes",
            next_step="set window_s above 2 * context_s",
        )


def overlapping_passes(
    n_frames: int, *, stride_samples: int, window_s: float, context_s: float
) -> list[Pass]:
    """Passes over `n_frames` frames that lie `stride_samples` samples apart at 16 kHz.

    A chunk no longer than `window_s` seconds is one pass, as published (protocol 3.1). A longer
    one is cut into equal shares; every pass sees up to `context_s` seconds more on either side of
    its share, and never more than `window_s` in all.
    """
    window = int(window_s * RATE_HZ) // stride_samples
    context = math.ceil(context_s * RATE_HZ / stride_samples)
    if n_frames <= window:
        return [Pass(0, 0, n_frames, n_frames)]
    n_passes = math.ceil(n_frames / max(1, window - 2 * context))
    borders = [n_frames * index // n_passes for index in range(n_passes + 1)]
    return [
        Pass(max(0, start - context), start, stop, min(n_frames, stop + context))
        for start, stop in pairwise(borders)
    ]
