"""Write what all recordings of a simulated Alice study share: its wav files and its word table."""

import argparse
from pathlib import Path

from plumbing.command import json_object, run
from simulation.brennan import simulate_stimuli


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="root of the study")
    parser.add_argument(
        "--settings", type=json_object, required=True, help="JSON: wav_distances_s and seed"
    )
    arguments = parser.parse_args()
    simulate_stimuli(arguments.folder, **arguments.settings)


if __name__ == "__main__":
    run(main)
