"""Put a page and its numbers where people look for them, in place of earlier ones."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run
from plumbing.files import read_bytes, replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("drafts", nargs="+", type=Path)
    parser.add_argument("--outputs", nargs="+", type=Path, required=True, help="in the same order")
    arguments = parser.parse_args()
    contents = [read_bytes(draft) for draft in arguments.drafts]
    for output, content in zip(arguments.outputs, contents, strict=True):
        with replacing(output) as temporary:
            temporary.write_bytes(content)


if __name__ == "__main__":
    run(main)
