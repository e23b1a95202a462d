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
    parser.add_argument("--table", type=Path, required=True, help="a row per recording")
    parser.add_argument("--findings", type=Path, required=True, help="a row per finding")
    arguments = parser.parse_args()
    verdicts = [read_json(path) for path in arguments.verdicts]
    table, findings = judge_study(verdicts, **arguments.settings)
    write_table(arguments.table, table)
    write_table(arguments.findings, findings)


if __name__ == "__main__":
    run(main)
