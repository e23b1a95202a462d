"""Unpack and check the Alice recordings, and say what of them is to be fetched by hand."""

import argparse
from pathlib import Path

from download.brennan import complete
from plumbing.command import json_object, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="root of the study")
    parser.add_argument("--settings", type=json_object, required=True, help="JSON: subjects")
    arguments = parser.parse_args()
    complete(arguments.folder, **arguments.settings)


if __name__ == "__main__":
    run(main)
