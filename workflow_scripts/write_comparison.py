"""Write a table of the paper, trained anew: a page and its numbers."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("comparison", help="paper_table or ablations")
    parser.add_argument("--results", type=Path, required=True, help="the study's results folder")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--page", type=Path, required=True, help="HTML to write")
    parser.add_argument("--numbers", type=Path, required=True, help="JSON to write")
    arguments = parser.parse_args()

    from speech_decoding.report.comparison import compare_with_paper, write_comparison

    settings = arguments.settings
    numbers = compare_with_paper(
        arguments.results,
        arguments.comparison,
        reader=settings["reader"],
        seeds=settings.pop("seeds"),
    )
    write_comparison(arguments.page, arguments.comparison, numbers, **settings)
    write_json(arguments.numbers, numbers)


if __name__ == "__main__":
    run(main)
