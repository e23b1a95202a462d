"""Seconds of a call, on a processor or on a GPU, which computes on while the host goes on."""

import time
from collections.abc import Callable
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
    """Give the seconds of one call: the mean of several on a GPU, the best on a processor."""
    on_gpu = device.type == "cuda"
    for _ in range(warm):
        call()
    wait_for(device)
    times = []
    for _ in range(1 if on_gpu else count):
        began_s = clock()
        for _ in range(count if on_gpu else 1):
            call()
        wait_for(device)
        times.append(clock() - began_s)
    return times[0] / count if on_gpu else min(times)


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
