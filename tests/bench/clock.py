"""Seconds of a call, on a processor or on a GPU, which computes on while the host goes on."""

import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

import torch


def wait_for(device: torch.device) -> None:
    """Return when the device has computed all that it was asked to."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def seconds_of(
    call: Callable[[], Any],
    device: torch.device,
    *,
    warm: int,
    count: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Give the seconds of one call: the median of several on a GPU, the best on a processor.

    On a GPU, `clock` counts nothing: the card itself marks where calls begin and end, so that the
    host's launching is hidden as far as the card has other work meanwhile.
    """
    for _ in range(warm):
        call()
    wait_for(device)
    if device.type == "cuda":
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        marks[0].record()
        for mark in marks[1:]:
            call()
            mark.record()
        wait_for(device)
        return median(one.elapsed_time(other) for one, other in pairwise(marks)) / 1000
    times = []
    for _ in range(count):
        began_s = clock()
        call()
        times.append(clock() - began_s)
    return min(times)


def product_rate(
    dtype: torch.dtype,
    device: torch.device,
    *,
    size: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Measure operations per second of the product of two matrices, [size, size] each."""
    matrix = torch.randn(size, size, device=device).to(dtype)
    product_s = seconds_of(lambda: matrix @ matrix, device, warm=3, count=10, clock=clock)
    return 2 * size**3 / product_s
