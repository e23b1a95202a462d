"""Write a sweep: accuracy against one setting, as a page and as its numbers."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import DRAFT_NUMBERS, DRAFT_PAGE


def main() -> None:
    parser = step_parser(__doc__, "sweep")
    parser.add_argument("--experiments", nargs="+", required=True, help="its points, in order")
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.report.sweep import sweep_setting, write_sweep

    results, settings = open_results(arguments), arguments.settings
    page = f"sweeps/{arguments.sweep}"
    shown = {key: settings.pop(key) for key in ("title", "simulated")}
    numbers = sweep_setting(results, arguments.experiments, **settings)
    with results.replacing(DRAFT_PAGE, page=page) as path:
        write_sweep(path, arguments.sweep, numbers, **shown)
    results.write(DRAFT_NUMBERS, numbers, page=page)


if __name__ == "__main__":
    run(main)
