"""Put a page and its numbers where people look for them, in place of earlier ones."""

from plumbing.command import open_results, run, step_parser
from plumbing.results import DRAFT_NUMBERS, DRAFT_PAGE, NUMBERS, PAGE


def main() -> None:
    parser = step_parser(__doc__, "page")
    parser.add_argument("--numbers", help="name of the file of numbers, if not that of the page")
    arguments = parser.parse_args()
    results, numbers = open_results(arguments), arguments.numbers or arguments.page
    contents = results.read(DRAFT_PAGE), results.read(DRAFT_NUMBERS, page=numbers)
    results.write(PAGE, contents[0])
    results.write(NUMBERS, contents[1], page=numbers)


if __name__ == "__main__":
    run(main)
