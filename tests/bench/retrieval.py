"""Ranking 3000 candidates for 3000 estimates of 1024 x 343, beside one plain matrix product.

The plain product multiplies two float32 matrices that lie in memory. The retrieval is the
workflow's: it ranks segments, words and sentences for estimates and candidates that lie in memory
too; before, it cuts the candidates out of embedding frames and normalises them, which is told apart
because most of it is the system's time for fresh memory. Each runs in a process of its own with the
same number of threads; the best of several counts. Memory is the largest resident size above the
two matrices.
Processor seconds are those of all threads, and tell the same on a machine that is busy elsewhere.

    PYTHONPATH=workflow_scripts python -m tests.bench.retrieval [--count 3000] [--repeats 2]
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import torch

FEATURES, SAMPLES = 1024, 343
MIB = 2**20


def plain(
    estimates: torch.Tensor, frames: torch.Tensor, first: torch.Tensor
) -> dict[str, np.ndarray]:
    candidates = torch.empty(len(first), FEATURES, SAMPLES)
    for position, begin in enumerate(first):
        candidates[position] = frames[begin : begin + SAMPLES].mT
    began = _clocks()
    scores = estimates.flatten(1) @ candidates.flatten(1).mT
    seconds = _clocks() - began
    assert scores.shape == (len(estimates), len(first))
    return {"product": seconds}


def cut_frames(frames: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
    """Cut [n, features, samples] out of frames [frames, features], as the store does."""
    index = first[:, None] + torch.arange(SAMPLES, device=first.device)
    return frames.index_select(0, index.flatten()).unflatten(0, index.shape).mT


def ranked(
    estimates: torch.Tensor, frames: torch.Tensor, first: torch.Tensor
) -> dict[str, np.ndarray]:
    from speech_decoding.evaluation.candidates import CandidateSpeech
    from speech_decoding.evaluation.levels import AmongAll, Named
    from speech_decoding.evaluation.retrieval import BATCH, retrieve

    def cut(positions: np.ndarray) -> torch.Tensor:
        return cut_frames(frames, first[torch.from_numpy(positions)])

    count = len(first)
    began = _clocks()
    levels = {
        "segments": AmongAll(),
        "words": Named([position % 900 for position in range(count)], torch.device("cpu")),
        "sentences": Named([position // 10 for position in range(count)], torch.device("cpu")),
    }
    candidates = CandidateSpeech(cut, count)
    cut_seconds = _clocks() - began
    outcome = retrieve(estimates.split(BATCH), candidates, np.arange(len(estimates)), levels)
    assert len(outcome.best) == len(estimates)
    return {"cutting": cut_seconds, "ranking": _clocks() - began - cut_seconds}


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def measure(name: str, count: int) -> None:
    """Run one of the two and print its seconds and MiB of extra memory."""
    if name == "ranked":
        from speech_decoding.training.execution import prepare_device

        prepare_device(deterministic=True, threads=None, tf32=False)  # as the evaluation does
    generator = torch.Generator().manual_seed(0)
    frames = torch.randn(20 * SAMPLES, FEATURES, generator=generator)
    first = torch.randint(0, 19 * SAMPLES, (count,), generator=generator)
    estimates = torch.empty(count, FEATURES, SAMPLES)
    for block in estimates.split(256):
        block.normal_(generator=generator)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = {"plain": plain, "ranked": ranked}[name](estimates, frames, first)
    matrix = count * FEATURES * SAMPLES * 4 / MIB
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before - matrix
    for step, clocks in seconds.items():
        wall_s, processor_s = clocks.tolist()
        print(json.dumps([step, {"wall_s": wall_s, "processor_s": processor_s, "mib": extra}]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="estimates, and candidates")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", choices=["plain", "ranked"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        measure(arguments.only, arguments.count)
        return
    best: dict[str, dict[str, float]] = {}
    for _ in range(arguments.repeats):
        for name in ("plain", "ranked"):
            command = [sys.executable, "-m", __spec__.name, "--only", name]
            command += ["--count", str(arguments.count)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for step, found in map(json.loads, output.splitlines()):
                best[step] = min(best.get(step, found), found, key=lambda run: run["wall_s"])
    print(f"{arguments.count} x {arguments.count}, {torch.get_num_threads()} threads")
    titles = {
        "product": "one matrix product",
        "ranking": "ranking",
        "cutting": "cutting the candidates",
    }
    for step, title in titles.items():
        ratio = {clock: best[step][clock] / best["product"][clock] for clock in best[step]}
        print(
            f"  {title:<24} {best[step]['wall_s']:6.1f} s ({ratio['wall_s']:.2f})"
            f"   processor {best[step]['processor_s']:6.1f} s ({ratio['processor_s']:.2f})"
            f"   extra memory {best[step]['mib']:6.0f} MiB"
        )
    print("  ranking may take 1.20 times as long as the product")


if __name__ == "__main__":
    main()
