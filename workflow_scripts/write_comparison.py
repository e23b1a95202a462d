"""Write a table of the paper, trained anew: a page and its numbers."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import DRAFT_NUMBERS, DRAFT_PAGE


def main() -> None:
    parser = step_parser(__doc__, "page")
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.report.comparison import compare_with_paper, write_comparison

    results, settings = open_results(arguments), arguments.settings
    numbers = compare_with_paper(
        results,
        arguments.page,
        reader=settings["reader"],
        seeds=settings.pop("seeds"),
    )
    with results.replacing(DRAFT_PAGE) as path:
        write_comparison(path, arguments.page, numbers, **settings)
    results.write(DRAFT_NUMBERS, numbers)


if __name__ == "__main__":
    run(main)
