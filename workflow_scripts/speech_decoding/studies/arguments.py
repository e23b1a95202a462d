"""The command-line arguments that name a study or one of its recordings.

They stand apart from those of all scripts, so that what is changed here or in a study runs the
rules again that read raw files, and no simulation or training by itself.
"""

import argparse
from pathlib import Path

from plumbing.command import settings_argument
from plumbing.errors import InputError
from speech_decoding.studies import Recording, StudyReader, open_study


def add_study_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a study."""
    parser.add_argument("--reader", required=True, help="module of speech_decoding.studies")
    parser.add_argument("--raw-folder", type=Path, required=True, help="the study's raw files")
    parser.add_argument("--layout", type=settings_argument, required=True, help="JSON")


def add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name one recording of a study."""
    add_study_arguments(parser)
    parser.add_argument("--recording", required=True, help="id")


def open_recording(arguments: argparse.Namespace) -> tuple[StudyReader, Recording]:
    """Open the study that the arguments name and find the recording in it.

    Raises: InputError if the study's layout holds no such recording.
    """
    study = open_study(arguments.reader, arguments.raw_folder, arguments.layout)
    by_id = {recording.id: recording for recording in study.recordings()}
    if arguments.recording not in by_id:
        raise InputError(
            f"--recording {arguments.recording}",
            expected=f"one of {', '.join(by_id)}",
            found="another name",
            consequence="there is nothing to read",
            next_step="correct the name",
        )
    return study, by_id[arguments.recording]
