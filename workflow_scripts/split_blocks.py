"""Assign a study's blocks to splits and cut its audio at their borders."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_table, replacing, write_table
from speech_decoding.segments.splits import list_splits, split_study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--checks", type=Path, required=True, help="table of recordings")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--audio", type=Path, required=True, help="folder of merged audio")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    arguments = parser.parse_args()
    checks = read_table(arguments.checks)
    used = checks[checks["verdict"] != "excluded"]
    events = {
        name: read_table(arguments.recordings / name / "events.parquet")
        for name in used["recording"]
    }
    wavs = {
        story: read_table(arguments.audio / f"{story}.parquet") for story in used["story"].unique()
    }
    tables = split_study(used, events, wavs, **arguments.settings)
    for name, table in tables.items():
        write_table(arguments.folder / f"{name}.parquet", table)
    with replacing(arguments.folder / "splits.csv") as temporary:
        list_splits(tables["blocks"], tables["chunks"]).to_csv(temporary, index=False)


if __name__ == "__main__":
    run(main)
