"""Write a sweep: accuracy against one setting, as a page and as its numbers."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("sweep", help="its name")
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--experiments", nargs="+", required=True, help="its points, in order")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--page", type=Path, required=True, help="HTML to write")
    parser.add_argument("--numbers", type=Path, required=True, help="JSON to write")
    arguments = parser.parse_args()

    from speech_decoding.report.sweep import sweep_setting, write_sweep

    settings = arguments.settings
    shown = {key: settings.pop(key) for key in ("title", "simulated")}
    numbers = sweep_setting(arguments.results, arguments.experiments, **settings)
    write_sweep(arguments.page, arguments.sweep, numbers, **shown)
    write_json(arguments.numbers, numbers)


if __name__ == "__main__":
    run(main)
