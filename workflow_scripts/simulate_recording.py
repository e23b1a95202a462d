"""Write one recording of a simulated study, whose stimuli must be there already."""

import argparse
from pathlib import Path

from plumbing.command import json_object, run
from simulation.gwilliams import simulate_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="root of the study")
    parser.add_argument("--subject", required=True)
    parser.add_argument("--session", required=True)
    parser.add_argument(
        "--settings",
        type=json_object,
        required=True,
        help="JSON: story, task, parts, snr and seed; brain and rate_hz if not the usual",
    )
    arguments = parser.parse_args()
    simulate_recording(
        arguments.folder,
        subject=arguments.subject,
        session=arguments.session,
        **arguments.settings,
    )


if __name__ == "__main__":
    run(main)
