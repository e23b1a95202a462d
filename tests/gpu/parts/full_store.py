"""The full store: 20 GB uploaded, windows delivered, and the last one against the host."""

import time
from collections.abc import Iterator

import numpy as np
import torch

from speech_decoding.dataset.signals import DeviceSignals
from speech_decoding.segments.windows import Window
from speech_decoding.training.execution import prepare_device
from tests.bench.clock import seconds_of, wait_for
from tests.bench.full_size import CLAMP, SCALE, open_store, simulate
from tests.gpu.figures import Figure, at_most, holds
from tests.gpu.scale import Scale

LIMIT_S = 60


def measure(scale: Scale) -> Iterator[Figure]:
    """Hold the whole study on the device and cut batches out of it."""
    device = scale.device
    prepare_device(deterministic=True, threads=None, tf32=True)
    study = simulate(scale.recordings, scale.minutes)
    signals = [study[1][name] for name in sorted(study[1])]
    began_s = time.perf_counter()
    held = DeviceSignals(signals, device, "float32")
    wait_for(device)
    yield Figure("time to upload the signals", time.perf_counter() - began_s, "s")
    del held
    began_s = time.perf_counter()
    store = open_store(device, *study)
    wait_for(device)
    yield Figure("time to open the study, its index included", time.perf_counter() - began_s, "s")
    if device.type == "cuda":
        yield holds("the signals are on the GPU", isinstance(store._signals, DeviceSignals))
        yield Figure("memory of the store", torch.cuda.memory_allocated() / 2**30, "GiB")
        yield Figure("memory at most", torch.cuda.max_memory_allocated() / 2**30, "GiB")

    # It lies beyond 2^31 numbers, where an index of 32 bits would lead elsewhere.
    of_last = store.segments[store.segments["recording"] == store.recordings[-1]]
    last = of_last["first_sample"].idxmax()
    signal = study[1][store.recordings[-1]]
    expected = _by_hand(int(of_last["first_sample"][last]), signal, store.window)
    found = store.brain(torch.tensor([last]))[0].mT.cpu().numpy()
    difference = float(abs(found - expected[store.delay :]).max())
    yield at_most("the last window, largest difference", difference, 1e-5)
    speech = store.speech(torch.tensor([last]))
    yield holds("the last window has speech", bool(speech.isfinite().all() and speech.any()))

    drawn = np.random.default_rng(0).permutation(store.rows("train"))
    rows = torch.from_numpy(drawn[: scale.batch])

    def deliver() -> None:
        store.brain(rows)
        store.speech(rows)

    deliver_s = seconds_of(deliver, device, warm=scale.warm, count=scale.repeats)
    yield Figure("time to deliver a batch, launching included", 1000 * deliver_s, "ms")
    yield Figure("windows delivered", scale.batch / deliver_s, "per s")


def _by_hand(first_sample: int, signal: np.ndarray, window: Window) -> np.ndarray:
    """Cut, scale and clamp one window as protocol 2 tells it, [samples, sensors]."""
    cut = signal[first_sample : first_sample + window.sample_count].astype(np.float64)
    cut -= cut[: window.baseline_count].mean(axis=0)
    return (cut / SCALE).clip(-CLAMP, CLAMP)
