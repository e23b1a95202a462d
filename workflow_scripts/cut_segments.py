"""List a study's segments and fit each recording's scaler on its training segments."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_npy, read_table, write_table
from speech_decoding.segments.cutting import cut_recording, join_recordings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--splits", type=Path, required=True, help="folder of split_blocks")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the tables go")
    arguments = parser.parse_args()
    blocks = read_table(arguments.splits / "blocks.parquet")
    words = read_table(arguments.splits / "words.parquet")
    parts = []
    for (name, subject, story), own_blocks in blocks.groupby(["recording", "subject", "story"]):
        folder = arguments.recordings / name
        segments, scaler = cut_recording(
            name,
            read_npy(folder / "signal.npy"),
            read_table(folder / "sensors.parquet"),
            words[words["recording"] == name],
            own_blocks,
            **arguments.settings,
        )
        parts.append((segments.assign(subject=subject, story=story), scaler))
        print(f"{name}: {len(segments)} segments", flush=True)
    segments, scalers = join_recordings(parts)
    write_table(arguments.folder / "segments.parquet", segments)
    write_table(arguments.folder / "scalers.parquet", scalers)


if __name__ == "__main__":
    run(main)
