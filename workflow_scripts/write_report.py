"""Write a study's report, one HTML file, and its metrics."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    arguments = parser.parse_args()

    from speech_decoding.report.contents import load_contents
    from speech_decoding.report.page import write_page

    contents = load_contents(arguments.results, **arguments.settings)
    write_page(arguments.report, contents)
    write_json(arguments.metrics, contents.metrics)


if __name__ == "__main__":
    run(main)
