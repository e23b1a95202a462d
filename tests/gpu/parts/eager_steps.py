"""Eager steps of the full size: reproducible or not, in both precisions, with a profile."""

from collections.abc import Iterator

import torch
from torch.profiler import ProfilerActivity, profile

from speech_decoding.decoder.execution import prepare_device
from tests.bench.clock import seconds_of, wait_for
from tests.bench.full_size import FullSize, open_store, simulate
from tests.gpu.figures import Figure, holds
from tests.gpu.scale import Scale

LIMIT_S = 90
_PROFILED_STEPS, _LISTED = 2, 30


def measure(scale: Scale) -> Iterator[Figure]:
    """Time a step in each way, and list what the GPU spends the time of the default one with."""
    device = scale.device
    store = open_store(device, *simulate(scale.few_recordings, scale.minutes))
    for precision in ("bfloat16", "float32"):
        for deterministic in (True, False):
            prepare_device(deterministic=deterministic, threads=None, tf32=True)
            steps = FullSize(store, batch=scale.batch, precision=precision, **scale.decoder)
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            step_s = seconds_of(steps.step, device, warm=scale.warm, count=scale.repeats)
            how = f"{precision}, {'reproducible' if deterministic else 'not reproducible'}"
            yield Figure(f"{how}: time of a step", 1000 * step_s, "ms")
            yield Figure(f"{how}: windows trained", scale.batch / step_s, "per s")
            if device.type == "cuda":
                memory = torch.cuda.max_memory_allocated() / 2**30
                yield Figure(f"{how}: memory at most", memory, "GiB")
            yield holds(f"{how}: the loss is a number", bool(steps.step().isfinite()))
            if precision == "bfloat16" and deterministic:
                yield from _profile(steps, device)


def _profile(steps: FullSize, device: torch.device) -> Iterator[Figure]:
    """List the kernels that take most of a step."""
    activities = [ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as profiled:
        for _ in range(_PROFILED_STEPS):
            steps.step()
        wait_for(device)
    on_gpu = device.type == "cuda"

    def own_us(event: object) -> float:
        return event.self_device_time_total if on_gpu else event.self_cpu_time_total

    events = sorted(profiled.key_averages(), key=own_us, reverse=True)
    for event in events[:_LISTED]:
        name = f"profile: {event.count // _PROFILED_STEPS} x {event.key}"[:64]
        yield Figure(name, own_us(event) / 1000 / _PROFILED_STEPS, "ms a step")
