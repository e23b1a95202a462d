"""Eager steps of the full size: reproducible or not, in both precisions, with a profile."""

from collections.abc import Iterator

import torch
from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEventAvg
from torch.profiler import ProfilerActivity, profile

from speech_decoding.training.execution import prepare_device
from tests.bench.clock import seconds_of, wait_for
from tests.bench.full_size import FullSize, open_store, simulate
from tests.gpu.figures import Figure, at_least, holds
from tests.gpu.scale import Scale

LIMIT_S = 90
_PROFILED_STEPS, _LISTED = 2, 30


def measure(scale: Scale) -> Iterator[Figure]:
    """Time a step in each way, and list what the GPU spends the time of the first one with."""
    device = scale.device
    store = open_store(device, *simulate(scale.few_recordings, scale.minutes))
    dearest = None
    for precision in ("bfloat16", "float32"):
        for deterministic in (True, False):
            prepare_device(deterministic=deterministic, threads=None, tf32=True)
            steps = FullSize(store, batch=scale.batch, precision=precision, **scale.decoder)
            for _ in range(scale.warm):
                steps.step()
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            step_s = seconds_of(steps.step, device, warm=0, count=scale.repeats)
            how = f"{precision}, {'reproducible' if deterministic else 'not reproducible'}"
            yield Figure(f"{how}: time of a step", 1000 * step_s, "ms")
            yield Figure(f"{how}: windows trained", scale.batch / step_s, "per s")
            if device.type == "cuda":
                memory = torch.cuda.max_memory_allocated() / 2**30
                yield Figure(f"{how}: memory at most", memory, "GiB")
            yield holds(f"{how}: the loss is a number", bool(steps.step().isfinite()))
            dearest = dearest or (steps, step_s)
    prepare_device(deterministic=True, threads=None, tf32=True)
    yield from _profile(*dearest, device)


def _profile(steps: FullSize, step_s: float, device: torch.device) -> Iterator[Figure]:
    """List the kernels that take most of a step."""
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    steps.step()
    with profile(activities=activities) as profiled:
        for _ in range(_PROFILED_STEPS):
            steps.step()
        wait_for(device)
    events = profiled.key_averages()
    if on_gpu:  # without the operations that launched them, and the ranges that enclose them
        events = [
            e for e in events if e.device_type == DeviceType.CUDA and not e.is_user_annotation
        ]

    def own_ms(event: FunctionEventAvg) -> float:
        own_us = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        return own_us / 1000 / _PROFILED_STEPS

    share = sum(own_ms(event) for event in events) / (1000 * step_s)
    yield at_least("share of a step that the profile accounts for", 100 * share, 50, "%")
    for event in sorted(events, key=own_ms, reverse=True)[:_LISTED]:
        count = event.count // _PROFILED_STEPS
        yield Figure(f"profile: {count} x {event.key}", own_ms(event), "ms a step")
