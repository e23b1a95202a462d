"""Fetch MEG-MASC from OSF, or what of it is missing or wrong."""

import argparse
import os
from pathlib import Path

from download.gwilliams import download
from plumbing.command import json_object, run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="A token of an OSF account in the variable OSF_TOKEN makes the listing faster.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="root of the study")
    parser.add_argument(
        "--settings",
        type=json_object,
        required=True,
        help="JSON: api, nodes, subjects, attempts and first_wait_s",
    )
    parser.add_argument("--connections", type=int, required=True, help="files fetched at once")
    arguments = parser.parse_args()
    download(
        arguments.folder,
        connections=arguments.connections,
        token=os.environ.get("OSF_TOKEN"),
        **arguments.settings,
    )


if __name__ == "__main__":
    run(main)
