"""Write a study's report, one HTML file, and its metrics."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import DRAFT_NUMBERS, DRAFT_PAGE


def main() -> None:
    parser = step_parser(__doc__)
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.report.contents import load_contents
    from speech_decoding.report.page import write_page

    results = open_results(arguments)
    contents = load_contents(results, **arguments.settings)
    with results.replacing(DRAFT_PAGE, page="report") as path:
        write_page(path, contents)
    results.write(DRAFT_NUMBERS, contents.metrics, page="metrics")


if __name__ == "__main__":
    run(main)
