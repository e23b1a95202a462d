"""Gather the verdicts on a study's recordings; stop here if it cannot run.

A recording without a verdict is judged here: one whose signal is missing, of which there is little
to read.
"""

from plumbing.command import (
    add_settings_argument,
    add_study_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import CHECK, CHECKS, FINDINGS
from speech_decoding.recordings.checks import judge_recording, judge_study
from speech_decoding.recordings.earlier_results import name_earlier_results
from speech_decoding.studies import open_study


def main() -> None:
    parser = step_parser(__doc__)
    add_study_argument(parser)
    parser.add_argument("--checked", nargs="*", default=[], help="recordings with a verdict")
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results, study = open_results(arguments), open_study(**arguments.study)
    verdicts = [
        results.read(CHECK, recording=recording.id)
        if recording.id in arguments.checked
        else judge_recording(study, recording)
        for recording in study.recordings()
    ]
    if earlier := name_earlier_results(results, study):
        print(f"Warning: {earlier}", flush=True)
    table, findings = judge_study(verdicts, **arguments.settings)
    results.write(CHECKS, table)
    results.write(FINDINGS, findings)


if __name__ == "__main__":
    run(main)
