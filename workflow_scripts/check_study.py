"""Gather the verdicts on a study's recordings; stop here if it cannot run.

A recording without a verdict is judged here: one whose signal is missing, of which there is little
to read.
"""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_json, write_table
from speech_decoding.recordings.checks import judge_recording, judge_study
from speech_decoding.recordings.earlier_results import name_earlier_results
from speech_decoding.studies import open_study
from speech_decoding.studies.arguments import add_study_arguments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_study_arguments(parser)
    parser.add_argument("--verdicts", nargs="*", type=Path, help="of check_recording")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--table", type=Path, required=True, help="a row per recording")
    parser.add_argument("--findings", type=Path, required=True, help="a row per finding")
    arguments = parser.parse_args()
    study = open_study(arguments.reader, arguments.raw_folder, arguments.layout)
    given = {verdict["recording"]: verdict for verdict in map(read_json, arguments.verdicts)}
    verdicts = [
        given.get(recording.id) or judge_recording(study, recording)
        for recording in study.recordings()
    ]
    if earlier := name_earlier_results(arguments.table.parent, study):
        print(f"Warning: {earlier}", flush=True)
    table, findings = judge_study(verdicts, **arguments.settings)
    write_table(arguments.table, table)
    write_table(arguments.findings, findings)


if __name__ == "__main__":
    run(main)
