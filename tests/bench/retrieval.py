"""Ranking 3000 candidates for 3000 estimates of 1024 x 343, beside one plain matrix product.

The plain product multiplies two float32 matrices that lie in memory. The retrieval is the
workflow's: it cuts the candidates out of embedding frames, normalises them, and ranks segments,
words and sentences, all of which counts. Each runs in a process of its own with the same number of
threads; the best of several counts. Memory is the largest resident size above the two matrices.
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


def plain(estimates: torch.Tensor, frames: torch.Tensor, first: torch.Tensor) -> np.ndarray:
    candidates = torch.empty(len(first), FEATURES, SAMPLES)
    for position, begin in enumerate(first):
        candidates[position] = frames[:, begin : begin + SAMPLES]
    began = _clocks()
    scores = estimates.flatten(1) @ candidates.flatten(1).mT
    seconds = _clocks() - began
    assert scores.shape == (len(estimates), len(first))
    return seconds


def ranked(estimates: torch.Tensor, frames: torch.Tensor, first: torch.Tensor) -> np.ndarray:
    from speech_decoding.evaluation.candidates import CandidateSpeech
    from speech_decoding.evaluation.levels import AmongAll, Named
    from speech_decoding.evaluation.retrieval import BATCH, retrieve

    def cut(positions: np.ndarray) -> torch.Tensor:
        index = first[torch.from_numpy(positions), None] + torch.arange(SAMPLES)
        expanded = frames.expand(len(positions), -1, -1)
        return expanded.gather(2, index[:, None].expand(-1, FEATURES, -1))

    count = len(first)
    began = _clocks()
    levels = {
        "segments": AmongAll(),
        "words": Named([position % 900 for position in range(count)], torch.device("cpu")),
        "sentences": Named([position // 10 for position in range(count)], torch.device("cpu")),
    }
    outcome = retrieve(
        estimates.split(BATCH), CandidateSpeech(cut, count), np.arange(len(estimates)), levels
    )
    seconds = _clocks() - began
    assert len(outcome.best) == len(estimates)
    return seconds


def _clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def measure(name: str, count: int) -> None:
    """Run one of the two and print its seconds and MiB of extra memory."""
    generator = torch.Generator().manual_seed(0)
    frames = torch.randn(FEATURES, 20 * SAMPLES, generator=generator)
    first = torch.randint(0, 19 * SAMPLES, (count,), generator=generator)
    estimates = torch.empty(count, FEATURES, SAMPLES)
    for block in estimates.split(256):
        block.normal_(generator=generator)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = {"plain": plain, "ranked": ranked}[name](estimates, frames, first)
    matrix = count * FEATURES * SAMPLES * 4 / MIB
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before - matrix
    wall_s, processor_s = seconds.tolist()
    print(json.dumps({"wall_s": wall_s, "processor_s": processor_s, "extra_mib": extra}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="estimates, and candidates")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", choices=["plain", "ranked"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        measure(arguments.only, arguments.count)
        return
    best = {}
    for _ in range(arguments.repeats):
        for name in ("plain", "ranked"):
            command = [sys.executable, "-m", __spec__.name, "--only", name]
            command += ["--count", str(arguments.count)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = json.loads(output)
            best[name] = min(best.get(name, found), found, key=lambda run: run["wall_s"])
    print(f"{arguments.count} x {arguments.count}, {torch.get_num_threads()} threads")
    for name, title in (("plain", "one matrix product"), ("ranked", "the whole retrieval")):
        print(
            f"  {title:<22} {best[name]['wall_s']:6.1f} s"
            f"   processor {best[name]['processor_s']:6.1f} s"
            f"   extra memory {best[name]['extra_mib']:6.0f} MiB"
        )
    wall, processor = (
        best["ranked"][clock] / best["plain"][clock] for clock in ("wall_s", "processor_s")
    )
    print(f"  ratio {wall:.2f}, of processor seconds {processor:.2f} (at most 1.20)")


if __name__ == "__main__":
    main()
