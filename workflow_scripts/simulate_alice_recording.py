"""Write one listener of a simulated Alice study, whose stimuli must be there already."""

import argparse
from pathlib import Path

from plumbing.command import json_object, run
from simulation.brennan import simulate_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="root of the study")
    parser.add_argument("--subject", required=True)
    parser.add_argument(
        "--settings",
        type=json_object,
        required=True,
        help="JSON: wav_distances_s, snr and seed",
    )
    arguments = parser.parse_args()
    simulate_recording(arguments.folder, subject=arguments.subject, **arguments.settings)


if __name__ == "__main__":
    run(main)
