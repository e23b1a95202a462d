"""Measure, per recording, how far the recorded sound is from where the events place it."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_npy, read_table, write_table
from speech_decoding.recordings.alignment import measure_alignment
from speech_decoding.studies import open_study
from speech_decoding.studies.arguments import add_study_arguments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_study_arguments(parser)
    parser.add_argument("--wav-onsets", type=Path, required=True, help="of split_blocks")
    parser.add_argument("--audio", type=Path, required=True, help="folder of merged audio")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="table of recordings")
    arguments = parser.parse_args()

    import pandas as pd

    study = open_study(arguments.reader, arguments.raw_folder, arguments.layout)
    wav_onsets = read_table(arguments.wav_onsets)
    rows = []
    for recording in study.recordings():
        own = wav_onsets[wav_onsets["recording"] == recording.id]
        if own.empty:  # excluded by its checks
            continue
        found = measure_alignment(
            study,
            recording,
            own,
            read_npy(arguments.audio / f"{recording.story}.npy"),
            read_table(arguments.audio / f"{recording.story}.parquet"),
            **arguments.settings,
        )
        print(f"{recording.id}: lag {found['lag_ms']} ms", flush=True)
        rows.append({"recording": recording.id, "subject": recording.subject} | found)
    columns = {"lag_ms": "float64", "correlation": "float64", "warning": "string"}
    write_table(arguments.output, pd.DataFrame(rows).astype(columns))


if __name__ == "__main__":
    run(main)
