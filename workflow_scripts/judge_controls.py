"""Judge a study's main experiment by every control, and write the verdicts."""

from dataclasses import asdict

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import ALIGNMENT, CONTROLS, METRICS, PROOF, RETRIEVAL, VERDICTS


def main() -> None:
    parser = step_parser(__doc__, "experiment", "seed")
    parser.add_argument(
        "--controls", nargs="*", default=[], help="experiments that are trained as controls"
    )
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.controls.judging import judge

    results = open_results(arguments)
    verdicts = judge(
        proof=results.read(PROOF),
        alignment=results.read(ALIGNMENT),
        metrics=results.read(METRICS),
        retrieval=results.read(RETRIEVAL),
        controls=results.read(CONTROLS),
        trained={name: results.read(RETRIEVAL, experiment=name) for name in arguments.controls},
        **arguments.settings,
    )
    for verdict in verdicts:
        colour = {True: "green", False: "RED", None: "not run"}[verdict.passed]
        print(f"{colour:>7}  {verdict.title}: {verdict.found}")
    results.write(VERDICTS, [asdict(verdict) for verdict in verdicts])


if __name__ == "__main__":
    run(main)
