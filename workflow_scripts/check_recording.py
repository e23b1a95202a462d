"""Check the raw files of one recording and write the verdict as JSON."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, add_stamps_argument, run
from plumbing.files import write_json
from plumbing.seals import note_raw_files
from speech_decoding.recordings.apart import judge_apart
from speech_decoding.studies.arguments import add_recording_arguments, open_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_stamps_argument(parser)
    add_recording_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, help="verdict, JSON")
    arguments = parser.parse_args()
    study, recording = open_recording(arguments)
    read = [*study.raw_files(recording), *study.wav_files(recording.story)]
    note_raw_files(read, arguments.raw_stamps)
    write_json(arguments.output, judge_apart(study, recording))


if __name__ == "__main__":
    run(main)
