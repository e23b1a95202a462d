"""What the command-line scripts share: their common arguments, and ending with one sentence."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from plumbing.errors import InputError
from plumbing.running_jobs import mark_job
from plumbing.seals import begin_job


def settings_argument(text: str) -> dict[str, Any]:
    """Read a `--settings` argument: one JSON object, as the workflow's rules pass it."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def add_job_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument with which the workflow tells what outputs and inputs are made with."""
    parser.add_argument(
        "--job",
        type=settings_argument,
        action=_BeginJob,
        help="JSON, of the workflow: rule, digests of its settings and code, and for each earlier "
        "rule the digests that its outputs have to be sealed with",
    )


def add_stamps_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument by which the workflow tells raw files apart."""
    parser.add_argument(
        "--raw-stamps",
        type=settings_argument,
        default={},
        help="JSON, of the workflow: size and time of each raw file when it was first read",
    )


class _BeginJob(argparse.Action):
    def __call__(self, parser: object, namespace: object, job: Any, option: object = None) -> None:
        mark_job(Path(".snakemake"))
        begin_job(**job)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name what a decoder is trained on and asked about."""
    parser.add_argument("--splits", type=Path, required=True, help="folder of split_blocks")
    parser.add_argument("--segments", type=Path, required=True, help="folder of cut_segments")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--embedding", type=Path, required=True, help="folder of the embedding")
    parser.add_argument("--threads", type=int, default=None, help="processor cores")


def data_folders(arguments: argparse.Namespace) -> dict[str, Path]:
    """Give the folders of `add_data_arguments` by the names of the library's keywords."""
    return {
        "splits_folder": arguments.splits,
        "segments_folder": arguments.segments,
        "recordings_folder": arguments.recordings,
        "embedding_folder": arguments.embedding,
    }


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; input that cannot be used ends in one sentence and exit status 2."""
    try:
        main()
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
