"""Training at the size of Gwilliams 2022, side by side: this workflow, and a plain loop.

The study is simulated: 196 recordings of 27 subjects, 17 minutes each with 208 sensors at 120 Hz,
one hour of speech in 1024 features. The plain loop is that of REFERENCE 2, 5 and 7 written straight
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
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

RATE_HZ, SENSORS, SUBJECTS, RECORDINGS, MINUTES = 120, 208, 27, 196, 17
FEATURES, FRAME_HZ = 1024, 50
DELAY, CLAMP = 18, 20.0
UPDATES_PER_EPOCH, VALIDATION_SEGMENTS = 793, 35_100
VARIANTS = {
    "plain": {},
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, not reproducible": {"precision": "bfloat16", "deterministic": False},
    "float32, not reproducible": {"precision": "float32", "deterministic": False},
    "bfloat16, compiled": {"precision": "bfloat16", "compilation": True},
}


def precision_of(variant: str) -> str:
    return VARIANTS[variant].get("precision", "float32")


def usual_variants() -> list[str]:
    """List the variants that this machine was made for: others take minutes a step."""
    has_bfloat16 = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()
    return [name for name in VARIANTS if has_bfloat16 or precision_of(name) == "float32"]


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# --- the simulated study


def simulate() -> tuple[Any, dict[str, np.ndarray], Any]:
    """Give the tables, signals and embedding; signals overlap in memory, to be made in seconds."""
    from speech_decoding.segments.store import Embedding, StudyTables

    random = np.random.default_rng(0)
    length = MINUTES * 60 * RATE_HZ
    samples = random.standard_normal((length + RECORDINGS, SENSORS), dtype=np.float32)
    names = [f"{number:03d}" for number in range(RECORDINGS)]
    signals = {name: samples[number : number + length] for number, name in enumerate(names)}

    borders_s = {"train": (0, 0.8), "valid": (0.8, 0.9), "test": (0.9, 1)}
    chunks, segments, frame = [], [], 0
    stories = [f"story{number}" for number in range(4)]
    for story in stories:
        for split, (start, stop) in borders_s.items():
            start_s, stop_s = 60 * MINUTES * start, 60 * MINUTES * stop
            chunk = {"story": story, "wav": story, "split": split, "first_frame": frame}
            count = int((stop_s - start_s) * FRAME_HZ)
            chunks.append(chunk | {"start_s": start_s, "stop_s": stop_s, "frame_count": count})
            frame += count
    for number, name in enumerate(names):
        for split, (start, stop) in borders_s.items():
            first = np.arange(int(start * length), int(stop * length) - 361, RATE_HZ // 2)
            segments.append(
                pd.DataFrame({"first_sample": first}).assign(
                    recording=name,
                    subject=f"{number % SUBJECTS:02d}",
                    story=stories[number % 4],
                    split=split,
                )
            )
    table = pd.concat(segments, ignore_index=True)
    table = table.assign(word_index=np.arange(len(table)), sequence_text="words", word="word")
    words = pd.DataFrame(
        {"recording": np.repeat(names, 2), "start_s": 1.0, "duration_s": 60.0 * MINUTES - 2}
    )
    onsets = pd.DataFrame(
        {"recording": names, "wav": [stories[n % 4] for n in range(RECORDINGS)], "onset_s": 0.0}
    )
    place = random.random((SENSORS, 2))
    sensors = pd.DataFrame({"name": range(SENSORS), "x": place[:, 0], "y": place[:, 1]})
    scalers = pd.concat(
        [sensors.assign(recording=name, center=0.0, scale=1.35) for name in names],
        ignore_index=True,
    )
    frames = random.standard_normal((frame, FEATURES), dtype=np.float32)
    tables = StudyTables(table, words, onsets, scalers)
    return tables, signals, Embedding(frames, pd.DataFrame(chunks), silence=0.0)


# --- the plain loop


class PlainSegments(torch.utils.data.Dataset):
    """One segment at a time, cut by MNE from recordings on disk (REFERENCE 2 and 3)."""

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
    """The decoder as REFERENCE 5 tells it, item by item where it does."""

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
    batch: int,
    *,
    precision: str,
    deterministic: bool = True,
    compilation: bool | str = "auto",
) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """Give the same three of this workflow."""
    from speech_decoding.decoder.batch_loss import BatchLoss
    from speech_decoding.decoder.batches import Batches
    from speech_decoding.decoder.decoder import Decoder
    from speech_decoding.decoder.execution import prepare_device
    from speech_decoding.decoder.losses import ClipLoss
    from speech_decoding.segments.store import SegmentStore
    from speech_decoding.segments.windows import Window

    prepare_device(device(), deterministic=deterministic, threads=None)
    tables, signals, embedding = simulate()
    store = SegmentStore(
        tables,
        signals,
        embedding,
        window=Window(-0.5, 2.5, RATE_HZ),
        delay_s=0.15,
        clamp=CLAMP,
        device=device(),
        embedding_scale=(0.0, 1.0),
    )
    batches = Batches(
        store.rows("train"),
        store.rows("valid"),
        seed=0,
        batch_size=batch,
        updates_per_epoch=UPDATES_PER_EPOCH,
    )
    torch.manual_seed(0)
    decoder = Decoder(store.layout_positions, n_subjects=SUBJECTS, n_features=FEATURES)
    decoder.to(device())
    computed = BatchLoss(
        decoder,
        ClipLoss(),
        store,
        batches,
        negatives_per_group=batch,
        precision=precision,
        compilation=compilation,
    )
    optimiser = torch.optim.Adam(decoder.parameters(), lr=3e-4, fused=True)
    rows = iter(batches.of_epoch(1))
    centres = iter(batches.centres(1).to(device()))

    def deliver() -> tuple[Tensor, Tensor]:
        chosen = next(rows)
        return store.brain(chosen), store.speech(chosen)

    def step() -> None:
        decoder.train()
        optimiser.zero_grad(set_to_none=True)
        computed.gradients(next(rows), next(centres))
        optimiser.step()

    def validate() -> None:
        decoder.eval()
        computed.validate(batches.validation[0])

    return deliver, step, validate


# --- measuring


def finish() -> None:
    if device().type == "cuda":
        torch.cuda.synchronize()


def seconds_of(
    call: Callable[[], Any],
    *,
    warm: int,
    count: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Give the seconds of one call: the mean of several on a GPU, the best on a processor."""
    for _ in range(warm):
        call()
    finish()
    times = []
    for _ in range(1 if device().type == "cuda" else count):
        began_s = clock()
        for _ in range(count if device().type == "cuda" else 1):
            call()
        finish()
        times.append(clock() - began_s)
    return times[0] / count if device().type == "cuda" else min(times)


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
        outcome = {
            "delivered": batch
            / seconds_of(deliver, warm=1, count=20 if on_gpu else 8, clock=clock),
            "step": batch
            / seconds_of(step, warm=3 if on_gpu else 1, count=40 if on_gpu else 2, clock=clock),
            "validation": VALIDATION_SEGMENTS
            / batch
            * seconds_of(validate, warm=1, count=2, clock=clock),
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
    from speech_decoding.decoder.brain_module import BrainModule

    model = BrainModule(torch.rand(1, SENSORS, 2), n_subjects=SUBJECTS, n_outputs=FEATURES)
    index = torch.zeros(2, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(torch.randn(2, SENSORS, 343), index, index).sum().backward()
    return counter.get_total_flops() / 2


def matrix_rate(dtype: torch.dtype, clock: Callable[[], float]) -> float:
    """Measure operations per second of the product of two large matrices."""
    torch.set_float32_matmul_precision("high")
    size = 8192 if device().type == "cuda" else 2048
    matrix = torch.randn(size, size, device=device()).to(dtype)
    return 2 * size**3 / seconds_of(lambda: matrix @ matrix, warm=3, count=10, clock=clock)


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
    rates = {name: matrix_rate(getattr(torch, name), clock) for name in sorted(precisions)}
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
