"""Join a story's audio files, mono, at one rate, with a table of where each begins.

Both are empty for a story that no used recording heard: its files may be missing or damaged.
"""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, add_stamps_argument, run, settings_argument
from plumbing.files import read_table, write_npy, write_table
from plumbing.seals import note_raw_files
from speech_decoding.speech.audio import merge_audio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_stamps_argument(parser)
    parser.add_argument("wavs", nargs="+", type=Path, help="audio files, in order")
    parser.add_argument("--story", required=True)
    parser.add_argument("--checks", type=Path, required=True, help="table of recordings")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--audio", type=Path, required=True, help="merged waveform, .npy")
    parser.add_argument("--table", type=Path, required=True, help="where each file begins")
    arguments = parser.parse_args()
    checks = read_table(arguments.checks)
    heard = arguments.story in set(checks.loc[checks["verdict"] != "excluded", "story"])
    if not heard:
        print(f"{arguments.story}: no used recording heard it, and it is left out.", flush=True)
    wavs = arguments.wavs if heard else []
    note_raw_files(wavs, arguments.raw_stamps)
    waveform, table = merge_audio(wavs, **arguments.settings)
    write_npy(arguments.audio, waveform)
    write_table(arguments.table, table)


if __name__ == "__main__":
    run(main)
