"""Prove from the segments of all listeners that no stretch of audio is in two splits."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_table, write_json
from speech_decoding.segments.leaks import find_leaks
from speech_decoding.segments.windows import Window


def main() -> None:
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("wavs", nargs="+", type=Path, help="tables of merge_audio")
    parser.add_argument("--segments", type=Path, required=True, help="of cut_segments")
    parser.add_argument("--wav-onsets", type=Path, required=True, help="of split_blocks")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="proof, JSON")
    arguments = parser.parse_args()
    proof = find_leaks(
        read_table(arguments.segments),
        read_table(arguments.wav_onsets),
        pd.concat([read_table(path) for path in arguments.wavs], ignore_index=True),
        Window(**arguments.settings),
    )
    write_json(arguments.output, proof)


if __name__ == "__main__":
    run(main)
