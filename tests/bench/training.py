"""Training at the size of Gwilliams 2022, side by side: this workflow, and a plain loop.

The study is simulated: 196 recordings of 27 subjects, 17 minutes each with 208 sensors at 120 Hz,
one hour of speech in 1024 features. The plain loop is that of protocol 2, 5 and 7 written straight
on: a data set that cuts one epoch at a time with MNE, modules as they are described, float32,
nothing compiled. Each run is a process of its own, all take turns, and the best of several counts,
because whatever else runs on the machine only makes one slower.

* delivered: windows per second, brain and speech, by the process that trains.
* step: training samples per second, delivery included; of the device's rate: its share of what a
  product of two large matrices reaches in the same precision.
* memory: of the GPU at most, or the largest resident size above that after the imports.
* validation: seconds for the 35 100 validation segments of the study.

    PYTHONPATH=workflow_scripts python -m tests.bench.training [--batches 32 256] [--rounds 2]

Where other work shares the processor, `--processor-time` counts the seconds that one core spent.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.bench.clock import product_rate, seconds_of
from tests.bench.full_size import (
    CLAMP,
    DELAY_S,
    FEATURES,
    FRAME_HZ,
    RATE_HZ,
    SENSORS,
    SUBJECTS,
    UPDATES_PER_EPOCH,
    VALIDATION_SEGMENTS,
    FullSize,
    open_store,
    simulate,
)

DELAY = round(DELAY_S * RATE_HZ)
VARIANTS = {
    "plain": {},
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, not reproducible": {"precision": "bfloat16", "deterministic": False},
    "float32, not reproducible": {"precision": "float32", "deterministic": False},
    "bfloat16, compiled": {"precision": "bfloat16", "compilation": True},
    "float32, compiled": {"precision": "float32", "compilation": True},
}


def precision_of(variant: str) -> str:
    return VARIANTS[variant].get("precision", "float32")


def usual_variants() -> list[str]:
    """List the variants that this machine was made for: others take minutes a step."""
    on_gpu = torch.cuda.is_available()
    has_bfloat16 = on_gpu or torch.cpu._is_avx512_bf16_supported()
    left_out = set() if on_gpu else {"float32, compiled"}
    if find_spec("mne") is None:
        left_out.add("plain")
    return [
        name
        for name in VARIANTS
        if name not in left_out and (has_bfloat16 or precision_of(name) == "float32")
    ]


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# --- the plain loop


class PlainSegments(torch.utils.data.Dataset):
    """One segment at a time, cut by MNE from recordings on disk (protocol 2 and 3)."""

    def __init__(self, folder: Path, recordings: int = 4):
        import mne

        tables, signals, self.embedding = simulate()
        kept = sorted(signals)[:recordings]
        info = mne.create_info(SENSORS, RATE_HZ, "mag")
        training = tables.segments.query("split == 'train'")
        self.items, self.epochs = [], []
        for number, name in enumerate(kept):
            path = folder / f"{name}_raw.fif"
            mne.io.RawArray(signals[name].T, info, verbose="error").save(path, verbose="error")
            raw = mne.io.read_raw_fif(path, preload=False, verbose="error")
            own = training[training["recording"] == name]
            samples = own["first_sample"].to_numpy() + 60
            events = np.stack([samples, np.zeros_like(samples), np.ones_like(samples)], axis=1)
            self.epochs.append(
                mne.Epochs(
                    raw,
                    events,
                    tmin=-0.5,
                    tmax=2.5,
                    baseline=(None, 0),
                    preload=False,
                    verbose="error",
                )
            )
            self.items += [(number, item, first) for item, first in enumerate(own["first_sample"])]
        self.center = torch.zeros(len(kept), SENSORS, 1)
        self.scale = torch.full((len(kept), SENSORS, 1), 1.35)
        place = tables.scalers[["x", "y"]].to_numpy(np.float32)[:SENSORS]
        self.positions = torch.from_numpy(place)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        number, item, first = self.items[index]
        data = self.epochs[number][item].get_data(copy=False, verbose="error")[0]
        brain = torch.from_numpy(data).float()
        brain = ((brain - self.center[number]) / self.scale[number]).clamp(-CLAMP, CLAMP)
        start = round(first / RATE_HZ * FRAME_HZ)
        frames = torch.from_numpy(self.embedding.frames[start : start + 150]).T[None]
        speech = nn.functional.interpolate(frames, size=361, mode="nearest")[0]
        return brain[:, DELAY:], speech[:, :-DELAY], torch.tensor(number), self.positions


class PlainModel(nn.Module):
    """The decoder as protocol 5 tells it, item by item where it does."""

    def __init__(self):
        super().__init__()
        self.heads = nn.Parameter(torch.randn(270, 2048) / 2048**0.5)
        self.initial = nn.Conv1d(270, 270, 1)
        self.subjects = nn.Parameter(torch.randn(SUBJECTS, 270, 270) / 270**0.5)
        self.convolutions, self.normalisations = nn.ModuleList(), nn.ModuleList()
        self.gates = nn.ModuleList()
        for layer in range(10):
            dilation = 2 ** (layer % 5)
            inputs = 320 if layer else 270
            self.convolutions.append(nn.Conv1d(inputs, 320, 3, padding=dilation, dilation=dilation))
            self.normalisations.append(nn.BatchNorm1d(320))
            self.gates.append(nn.Conv1d(320, 640, 3, padding=1) if layer % 2 else nn.Identity())
        self.head = nn.Sequential(
            nn.Conv1d(320, 640, 1), nn.GELU(), nn.ConvTranspose1d(640, FEATURES, 1)
        )

    def forward(self, brain: Tensor, subject: Tensor, positions: Tensor) -> Tensor:
        place = (positions + 0.2) * (2 * math.pi / 1.4)  # [batch, sensors, 2]
        harmonics = torch.arange(32, device=brain.device)
        phase = place[..., :1, None] * harmonics[:, None] + place[..., 1:, None] * harmonics
        phase = phase.flatten(2)  # [batch, sensors, 1024]
        embedding = torch.cat([phase.cos(), phase.sin()], dim=-1)
        scores = torch.einsum("bsd,vd->bvs", embedding, self.heads)
        centre = torch.rand(2, device=brain.device)
        dropped = (positions - centre).norm(dim=-1) <= 0.2
        weights = scores.masked_fill(dropped[:, None], -torch.inf).softmax(-1)
        signals = self.initial(torch.einsum("bvs,bst->bvt", weights, brain))
        chosen = self.subjects.gather(0, subject[:, None, None].expand(-1, 270, 270))
        signals = torch.einsum("bct,bcd->bdt", signals, chosen)
        for layer in range(10):
            new = self.normalisations[layer](self.convolutions[layer](signals))
            new = nn.functional.gelu(new)
            signals = new + signals if layer else new
            if layer % 2:
                signals = nn.functional.glu(self.gates[layer](signals), dim=1)
        return self.head(signals)


def plain(batch: int) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """Give what delivers a batch, what trains on one that is delivered, and what validates one."""
    folder = tempfile.TemporaryDirectory()
    data = PlainSegments(Path(folder.name))
    loader = torch.utils.data.DataLoader(data, batch, shuffle=True, drop_last=True)
    delivered = chain.from_iterable(repeat(loader))
    torch.manual_seed(0)
    model = PlainModel().to(device())
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-4)

    def deliver() -> tuple[Tensor, ...]:
        keep = folder  # until the last batch  # noqa: F841
        return tuple(values.to(device()) for values in next(delivered))

    def loss_of(brain: Tensor, speech: Tensor, subject: Tensor, positions: Tensor) -> Tensor:
        estimates = model(brain, subject, positions)
        norms = speech.flatten(1).norm(dim=1)
        scores = torch.einsum("bft,oft->bo", estimates, speech) / (1e-8 + norms)
        return nn.functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))

    def step() -> None:
        loss = loss_of(*deliver())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()

    @torch.no_grad()
    def validate() -> None:
        loss_of(*deliver()).item()

    return deliver, step, validate


# --- this workflow


def ours(
    batch: int, *, deterministic: bool = True, **settings: Any
) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """Give the same three of this workflow."""
    from speech_decoding.training.execution import prepare_device

    prepare_device(deterministic=deterministic, threads=None, tf32=True)
    full_size = FullSize(open_store(device(), *simulate()), batch=batch, **settings)
    return full_size.deliver, full_size.step, full_size.validate


# --- measuring


def measure(variant: str, batch: int, *, processor_time: bool) -> dict[str, float]:
    """Measure one variant in this process."""
    imported = resident_mib()
    settings = VARIANTS[variant]
    deliver, step, validate = ours(batch, **settings) if settings else plain(batch)
    on_gpu = device().type == "cuda"
    clock = time.perf_counter
    if processor_time:
        torch.set_num_threads(1)
        clock = time.process_time
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        delivery_s, step_s, validation_s = (
            seconds_of(call, device(), warm=warm, count=count, clock=clock)
            for call, warm, count in (
                (deliver, 1, 20 if on_gpu else 8),
                (step, 3 if on_gpu else 1, 40 if on_gpu else 2),
                (validate, 1, 2),
            )
        )
        outcome = {
            "delivered": batch / delivery_s,
            "step": batch / step_s,
            "validation": VALIDATION_SEGMENTS / batch * validation_s,
        }
        if on_gpu:
            outcome["memory"] = torch.cuda.max_memory_allocated() / 2**20
        else:
            outcome["memory"] = resident_mib(largest=True) - imported
    return outcome


def resident_mib(*, largest: bool = False) -> float:
    key = "VmHWM:" if largest else "VmRSS:"
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def operations_per_sample() -> float:
    """Count the floating-point operations of one segment's forward and backward pass."""
    from speech_decoding.decoder.published import BrainModule

    model = BrainModule(torch.rand(1, SENSORS, 2), n_subjects=SUBJECTS, n_outputs=FEATURES)
    index = torch.zeros(2, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(torch.randn(2, SENSORS, 343), index, index).sum().backward()
    return counter.get_total_flops() / 2


def run(variant: str, batch: int, *further: str) -> dict[str, float]:
    """Measure one variant in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.training", "--one", variant, *further]
    result = subprocess.run(
        [*command, "--batches", str(batch)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"{variant}: {result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batches", type=int, nargs="+")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--variants", nargs="+", default=usual_variants())
    parser.add_argument("--processor-time", action="store_true", help="seconds of one core")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    processor_time = arguments.processor_time
    if arguments.one:
        measured = measure(arguments.one, arguments.batches[0], processor_time=processor_time)
        print(json.dumps(measured))
        return

    on_gpu = device().type == "cuda"
    machine = torch.cuda.get_device_name() if on_gpu else f"{os.cpu_count()} processor cores"
    print(f"Training at the size of Gwilliams 2022 on {machine}, PyTorch {torch.__version__}")
    if not on_gpu:
        print("On a GPU: not measured, there is none here.")
        if len(usual_variants()) < len(VARIANTS):
            print("In bfloat16: not measured, this processor does not have it.")
    clock, further = time.perf_counter, ()
    if processor_time:
        print("Seconds that one core spent, whatever else shares it.")
        torch.set_num_threads(1)
        clock, further = time.process_time, ("--processor-time",)
    precisions = {precision_of(variant) for variant in arguments.variants}
    torch.set_float32_matmul_precision("high")
    size = 8192 if on_gpu else 2048
    rates = {
        name: product_rate(getattr(torch, name), device(), size=size, clock=clock)
        for name in sorted(precisions)
    }
    operations = operations_per_sample()
    for name, rate in rates.items():
        print(f"  product of large matrices, {name}: {rate / 1e12:.2f} TFLOP/s")
    print(f"  one segment, forward and backward: {operations / 1e9:.1f} GFLOP")
    for batch in arguments.batches or ([256] if on_gpu else [32, 256]):
        outcomes: dict[str, list[dict[str, float]]] = {name: [] for name in arguments.variants}
        for _ in range(arguments.rounds):
            for variant in arguments.variants:
                outcomes[variant].append(run(variant, batch, *further))
        report(batch, outcomes, rates, operations)


def report(
    batch: int,
    outcomes: dict[str, list[dict[str, float]]],
    rates: dict[str, float],
    operations: float,
) -> None:
    """Print a row per variant: the best of its rounds, and how often as fast as the plain loop."""
    columns = ("delivered", 14), ("step", 24), ("rate", 7), ("memory", 11), ("validation", 12)
    print(f"\nbatch {batch:<24}" + "".join(f"{name:>{width}}" for name, width in columns))
    best = {
        variant: {
            key: (max if key in ("delivered", "step") else min)(found[key] for found in runs)
            for key in runs[0]
        }
        for variant, runs in outcomes.items()
    }
    reference = best.get("plain", next(iter(best.values())))
    for variant, found in best.items():
        share = found["step"] * operations / rates[precision_of(variant)]
        epoch_s = UPDATES_PER_EPOCH * 256 / found["step"]
        print(
            f"{variant:<30}"
            f"{found['delivered']:>8.0f}/s{found['delivered'] / reference['delivered']:>5.1f}x"
            f"{found['step']:>9.1f}/s{found['step'] / reference['step']:>5.2f}x"
            f"{1000 * batch / found['step']:>6.0f} ms"
            f"{share:>7.0%}{found['memory']:>7.0f} MiB{found['validation']:>10.0f} s"
            f"   epoch {epoch_s:.0f} s"
        )


if __name__ == "__main__":
    main()
