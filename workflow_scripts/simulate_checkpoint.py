"""Write a tiny wav2vec 2.0 with random weights, for runs that need no trained one."""

import argparse
from pathlib import Path

from plumbing.command import json_object, run
from simulation.checkpoint import write_tiny_checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="checkpoint to write")
    parser.add_argument(
        "--settings",
        type=json_object,
        default={},
        help="JSON: seed, layers, dimension, channels and heads if not the usual",
    )
    arguments = parser.parse_args()
    write_tiny_checkpoint(arguments.output, **arguments.settings)


if __name__ == "__main__":
    run(main)
