"""Gather the verdicts of a study's recordings; stop here if it cannot run."""

import argparse
from pathlib import Path

from speech_decoding.command import add_job_argument, run, settings_argument
from speech_decoding.files import read_json, write_table
from speech_decoding.recordings.checks import judge_study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("verdicts", nargs="+", type=Path, help="of check_recording, in order")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="table of recordings")
    arguments = parser.parse_args()
    verdicts = [read_json(path) for path in arguments.verdicts]
    write_table(arguments.output, judge_study(verdicts, **arguments.settings))


if __name__ == "__main__":
    run(main)
