"""What the command-line scripts share: their common arguments, and ending with one sentence."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from plumbing.errors import InputError
from plumbing.fingerprint import SCRIPTS, code_fingerprint
from plumbing.job import Job
from plumbing.results import Results
from plumbing.running_jobs import mark_job


def step_parser(description: str | None, *wildcards: str) -> argparse.ArgumentParser:
    """Give the parser of a step that reads and writes results of a study.

    Parameters: wildcards, of the names of the files that it writes, each an argument.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--results", type=Path, required=True, help="folder of the study's results")
    parser.add_argument(
        "--job",
        type=json_object,
        default={},
        help="JSON, of the workflow: rule, digests of its settings and code, and for each earlier "
        "rule the digests that its outputs have to be sealed with",
    )
    for name in wildcards:
        parser.add_argument(f"--{name}", required=True, help="as in the names of the files")
    parser.set_defaults(wildcards=wildcards)
    return parser


def open_results(arguments: argparse.Namespace, *found_by_name: str) -> Results:
    """Open the results that a step reads and writes, and mark its process as a job.

    Parameters: found_by_name, modules that the script imports by a name among its settings.
    """
    if arguments.job:
        mark_job(Path(".snakemake"))
    job = arguments.job or {"code": _own_code(*found_by_name)}
    wildcards = {name: getattr(arguments, name) for name in arguments.wildcards}
    return Results(arguments.results, Job(**job), **wildcards)


def _own_code(*found_by_name: str) -> str | None:
    """Give the fingerprint of a script that is run by hand."""
    script = Path(sys.argv[0]).resolve()
    return code_fingerprint(script.stem, *found_by_name) if script.parent == SCRIPTS else None


def json_object(text: str) -> dict[str, Any]:
    """Read an argument that is a JSON object, as the workflow's rules pass it."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument with the settings that a script reads."""
    parser.add_argument("--settings", type=json_object, required=True, help="JSON")


def add_threads_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument of a step that can use many processor cores; None for all of them."""
    parser.add_argument("--threads", type=int, default=None, help="processor cores")


def add_study_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says how a study's raw files are read."""
    parser.add_argument(
        "--study", type=json_object, required=True, help="JSON: reader, raw_folder and layout"
    )


def add_stamps_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument by which the workflow tells raw files apart."""
    parser.add_argument(
        "--raw-stamps",
        type=json_object,
        default={},
        help="JSON, of the workflow: size and time of each raw file when it was first read",
    )


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; input that cannot be used ends in one sentence and exit status 2."""
    try:
        main()
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
