"""Check the raw files of one recording and write the verdict."""

from plumbing.command import (
    add_stamps_argument,
    add_study_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import CHECK
from speech_decoding.recordings.apart import judge_apart
from speech_decoding.studies import find_recording, open_study


def main() -> None:
    parser = step_parser(__doc__, "recording")
    add_study_argument(parser)
    add_stamps_argument(parser)
    arguments = parser.parse_args()
    results, study = open_results(arguments), open_study(**arguments.study)
    recording = find_recording(study, arguments.recording)
    read = [*study.raw_files(recording), *study.wav_files(recording.story)]
    results.job.note_raw_files(read, arguments.raw_stamps)
    results.write(CHECK, judge_apart(study, recording))


if __name__ == "__main__":
    run(main)
