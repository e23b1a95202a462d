"""Accuracy in float32 and in bfloat16: the demo's decoder, trained with several seeds in each.

Run after `make demo`; what is missing is trained, some minutes per seed and precision.

    python -m tests.bench.precision [--seeds 2036 2037 2038]
"""

import argparse
import json
import statistics
import subprocess
import sys
from itertools import chain
from pathlib import Path

METRICS = "results/demo/experiments/{}/seed-{}/metrics.json"
EXPERIMENTS = {"float32": "main", "bfloat16": "bfloat16"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[2036, 2037, 2038])
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    paths = {
        precision: [METRICS.format(experiment, seed) for seed in arguments.seeds]
        for precision, experiment in EXPERIMENTS.items()
    }
    command = [sys.executable, "-m", "snakemake", "--cores", str(arguments.cores), "--quiet", "all"]
    subprocess.run([*command, "--", *chain(*paths.values())], check=True)
    for precision, own in paths.items():
        top10 = [json.loads(Path(path).read_text())["top10"] for path in own]
        spread = statistics.stdev(top10) if len(top10) > 1 else float("nan")
        each = ", ".join(f"{value:.3f}" for value in top10)
        print(f"{precision:<10} top-10 {statistics.mean(top10):.3f} +- {spread:.3f} ({each})")


if __name__ == "__main__":
    main()
