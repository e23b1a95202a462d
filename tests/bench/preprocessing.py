"""Preprocessing, side by side: this workflow, and the same steps with MNE and julius.

Both read one simulated KIT recording (208 sensors, 1000 Hz, 300 s), resample it to 120 Hz, fit the
robust scaler on 200 segments and give every window of the training grid, baseline-corrected,
scaled and clamped (protocol 2, steps 1, 2 and 5 to 8). Each run is a process of its own with the
same number of threads; the best of several counts. Memory is the largest resident size above that
after the imports.

    PYTHONPATH=workflow_scripts python -m tests.bench.preprocessing [--seconds 300] [--repeats 3]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ, START_S, STOP_S, STRIDE_S, DELAY_S, CLAMP = 120, -0.5, 2.5, 0.5, 0.150, 20.0
SCALER_SEGMENTS, BATCH = 200, 64
NAME = "recording"
KEPT = 4  # windows that are compared


def ours() -> Callable[[Path], dict[str, Any]]:
    """Import what this workflow needs and give its steps."""
    import mne  # noqa: F401, counted among the imports
    import pandas as pd
    import torch

    from speech_decoding.dataset.store import Embedding, SegmentStore, StudyTables
    from speech_decoding.recordings.preprocessing import resample_recording
    from speech_decoding.segments.scaling import choose_segments, fit_scaler
    from speech_decoding.segments.windows import Window
    from speech_decoding.studies import kit

    def store_of(signal: np.ndarray, first: np.ndarray, window: Window) -> SegmentStore:
        center, scale = fit_scaler(signal, choose_segments(NAME, first, SCALER_SEGMENTS), window)
        one = {"recording": NAME, "subject": "1", "story": "s"}
        segments = pd.DataFrame({"first_sample": first, "word_index": 0, "sequence_text": "w"})
        chunk = {"wav": "w", "split": "train", "start_s": 0.0, "stop_s": 1e4}
        tables = StudyTables(
            segments.assign(**one, split="train"),
            pd.DataFrame({"recording": [NAME], "start_s": 1.0, "duration_s": 1.0}),
            pd.DataFrame({"recording": [NAME], "wav": "w", "onset_s": 0.0}),
            pd.DataFrame({"recording": NAME, "x": 0.5, "y": 0.5, "center": center, "scale": scale}),
        )
        frames = Embedding(
            np.zeros((2, 1), np.float32),
            pd.DataFrame([chunk | {"story": "s", "first_frame": 0, "frame_count": 2}]),
            silence=0.0,
        )
        return SegmentStore(
            tables,
            {NAME: signal},
            frames,
            window=window,
            delay_s=DELAY_S,
            clamp=CLAMP,
            embedding_scale=(0.0, 1.0),
        )

    def run(con: Path) -> dict[str, Any]:
        began = time.perf_counter()
        raw = kit.open_recording(con).pick("mag")
        signal = resample_recording(raw, rate_hz=RATE_HZ)
        resampled = time.perf_counter()
        window = Window(START_S, STOP_S, RATE_HZ)
        first = _first_samples(len(signal), window.sample_count)
        store = store_of(signal, first, window)
        kept = store.brain(torch.arange(KEPT)).numpy()
        for start in range(0, len(first), BATCH):
            store.brain(torch.arange(start, min(start + BATCH, len(first))))
        done = time.perf_counter()
        return _result(began, resampled, done, signal, kept)

    return run


def reference() -> Callable[[Path], dict[str, Any]]:
    """Import MNE and julius and give the steps written with them."""
    import julius
    import mne
    import torch

    from speech_decoding.segments.scaling import choose_segments

    def run(con: Path) -> dict[str, Any]:
        began = time.perf_counter()
        raw = mne.io.read_raw_kit(con, verbose="error")
        raw.pick(mne.pick_types(raw.info, meg=True, ref_meg=False))
        rate_hz = int(raw.info["sfreq"])
        data = torch.from_numpy(raw.get_data().astype(np.float32))
        signal = julius.ResampleFrac(rate_hz, RATE_HZ)(data).numpy()
        resampled = time.perf_counter()
        low = mne.io.RawArray(signal, mne.create_info(raw.ch_names, RATE_HZ, "mag"), verbose=False)
        count = round((STOP_S - START_S) * RATE_HZ) + 1
        first = _first_samples(signal.shape[1], count)
        events = np.column_stack([first - round(START_S * RATE_HZ), 0 * first, 0 * first + 1])
        epochs = mne.Epochs(
            low,
            events,
            tmin=START_S,
            tmax=STOP_S,
            baseline=(None, 0),
            preload=True,
            verbose=False,
        )
        windows = epochs.get_data(copy=False).astype(np.float32)  # [segments, sensors, samples]
        chosen = np.isin(first, choose_segments(NAME, first, SCALER_SEGMENTS))
        pooled = np.sort(windows[chosen].transpose(1, 0, 2).reshape(len(signal), -1), axis=1)
        low_q, center, high_q = (pooled[:, int(q * pooled.shape[1])] for q in (0.25, 0.5, 0.75))
        scale = np.where(high_q > low_q, high_q - low_q, 1)
        windows = (windows - center[:, None]) / scale[:, None]
        windows = windows.clip(-CLAMP, CLAMP)[..., int(DELAY_S * RATE_HZ) :]
        done = time.perf_counter()
        return _result(began, resampled, done, signal.T, windows[:KEPT])

    return run


VARIANTS = {"MNE and julius": reference, "this workflow": ours}


def _first_samples(length: int, sample_count: int) -> np.ndarray:
    """Give the first sample of every window of the training grid that lies in the recording."""
    onset = np.round(np.arange(0, length / RATE_HZ, STRIDE_S) * RATE_HZ).astype(np.int64)
    first = onset + round(START_S * RATE_HZ)
    return first[(first >= 0) & (first + sample_count <= length)]


def _result(
    began: float, resampled: float, done: float, signal: np.ndarray, kept: np.ndarray
) -> dict[str, Any]:
    seconds = {"resampling": resampled - began, "windows": done - resampled}
    return {"seconds": seconds, "signal": signal, "kept": kept}


def run_one(variant: str, con: Path, output: Path) -> None:
    """Run one variant in this process; print its times and memory, write what it made."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    run = VARIANTS[variant]()
    imported_kib = memory_kib("VmRSS")
    result = run(con)
    memory_mib = (memory_kib("VmHWM") - imported_kib) / 1024
    np.savez(output, signal=result["signal"], kept=result["kept"])
    print(json.dumps(result["seconds"] | {"memory_mib": memory_mib}))


def memory_kib(name: str) -> int:
    """Read a size of this process from the kernel: VmRSS is the present one, VmHWM the largest."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def write_recording(con: Path, seconds: int) -> None:
    """Write noise with a slow drift, as strong as a real recording."""
    from simulation import kit_file

    random = np.random.default_rng(0)
    blocks = (
        (random.standard_normal((256, 1000), np.float32) + 3 * np.float32(np.sin(second))) * 1e-12
        for second in range(seconds)
    )
    kit_file.write_recording(con, blocks, sample_count=1000 * seconds, rate_hz=1000)


def compare(folder: Path) -> None:
    """Print how far the outputs are from each other and from the definition."""
    from speech_decoding.studies import kit
    from tests.recordings.definition import by_definition

    outputs = {name: np.load(folder / f"{name}.npz") for name in VARIANTS}
    ours, other = outputs["this workflow"], outputs["MNE and julius"]
    spread = ours["signal"].std(axis=0)
    print(f"windows, largest difference: {np.abs(ours['kept'] - other['kept']).max():.1e} IQR")
    raw = kit.open_recording(folder / "a.con")
    data = raw.get_data(picks=range(0, 208, 52), stop=20_000)
    expected = by_definition(data / spread[::52, None], 1000, RATE_HZ)[:, :2000].T
    for name, output in outputs.items():
        found = output["signal"][:2000, ::52] / spread[::52]
        print(f"{name} against the windowed sinc: {np.abs(found - expected).max():.1e} s.d.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=300, help="of the recording")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        variant, con, output = arguments.one
        return run_one(variant, Path(con), Path(output))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        con = folder / "a.con"
        write_recording(con, arguments.seconds)
        print(f"208 sensors, 1000 Hz, {arguments.seconds} s; best of {arguments.repeats} runs\n")
        print("threads  variant          resampling    windows      total    memory")
        for threads in (1, 2):
            measured = {variant: [] for variant in VARIANTS}
            for _ in range(arguments.repeats):
                for variant, runs in measured.items():
                    runs.append(_measure(variant, con, folder / f"{variant}.npz", threads))
            best = {
                variant: min(runs, key=lambda run: run["resampling"] + run["windows"])
                for variant, runs in measured.items()
            }
            totals = {}
            for variant, run in best.items():
                totals[variant] = run["resampling"] + run["windows"]
                times = (run["resampling"], run["windows"], totals[variant])
                shown = "  ".join(f"{seconds:7.2f} s" for seconds in times)
                print(f"{threads:7}  {variant:15}  {shown}  {run['memory_mib']:4.0f} MiB")
            print(f"{'':9}ratio {totals['this workflow'] / totals['MNE and julius']:.2f}\n")
        compare(folder)


def _measure(variant: str, con: Path, output: Path, threads: int) -> dict[str, float]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.preprocessing", "--one", variant, con, output],
        env=os.environ | dict.fromkeys(names, str(threads)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
