"""Judge a study's main experiment by every control, and write the verdicts."""

import argparse
from dataclasses import asdict
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_json, read_table, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--proof", type=Path, required=True, help="of prove_splits")
    parser.add_argument("--alignment", type=Path, required=True, help="of measure_alignment")
    parser.add_argument("--run", type=Path, required=True, help="folder of the main experiment")
    parser.add_argument(
        "--controls", type=Path, nargs="*", default=[], help="folders of trained controls"
    )
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="JSON")
    arguments = parser.parse_args()

    from speech_decoding.controls.judging import judge

    verdicts = judge(
        proof=read_json(arguments.proof),
        alignment=read_table(arguments.alignment),
        metrics=read_json(arguments.run / "metrics.json"),
        retrieval=read_table(arguments.run / "retrieval.parquet"),
        controls=read_json(arguments.run / "controls.json"),
        # experiments/<name>/seed-<seed>
        trained={
            folder.parent.name: read_table(folder / "retrieval.parquet")
            for folder in arguments.controls
        },
        **arguments.settings,
    )
    for verdict in verdicts:
        colour = {True: "green", False: "RED", None: "not run"}[verdict.passed]
        print(f"{colour:>7}  {verdict.title}: {verdict.found}")
    write_json(arguments.output, [asdict(verdict) for verdict in verdicts])


if __name__ == "__main__":
    run(main)
