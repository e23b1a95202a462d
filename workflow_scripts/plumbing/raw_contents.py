"""Telling whether raw files changed since they were read, without reading them each time.

Snakemake asks whether an input is newer than an output. A raw file that is repaired with an older
time would never be looked at again, and a copy of all raw files with new times would train
everything anew. So each raw file has a stamp, its size and time when its content was first read,
which the rules that read it have as a setting: another content gives another stamp, another time
alone does not.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from plumbing.partial_files import completing
from plumbing.seals import hash_file, noted_raw_files

Stamp = list[int]  # bytes, and nanoseconds since 1970


class KnownHashes:
    """SHA-256 of files by their size and time, kept in a file that may be lost at any time."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._known = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self._known = {}

    def hash_of(self, path: Path, stamp: Stamp) -> str:
        """Give the hash of a file that has this stamp now, read if it is not known."""
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:2] == stamp:
            return known[2]
        print(f"{path} has another time than when it was read: comparing them.", file=sys.stderr)
        sha256 = hash_file(path)
        self._known[str(path)] = [*stamp, sha256]
        self._path.parent.mkdir(exist_ok=True)
        with completing(self._path) as temporary:
            temporary.write_text(json.dumps(self._known, indent=0), encoding="utf-8")
        return sha256


def stamps_of(paths: Iterable[Path], reader_output: Path, known: KnownHashes) -> dict[str, Stamp]:
    """Give the stamps of the raw files that are there.

    Parameters: reader_output, the file whose seal tells what was read, and with which stamps; if it
    has none, nothing was read yet.
    Returns: by path, the noted stamp if the content is the one that was read, else size and time.
    """
    noted = noted_raw_files(reader_output)
    stamps = {}
    for path in paths:
        try:
            stamps[str(path)] = _stamp_of(path, *noted.get(str(path), (None, None)), known)
        except OSError:  # missing, or not to be read: for the raw checks to find and to name
            continue
    return stamps


def _stamp_of(path: Path, sha256: str | None, noted: Stamp | None, known: KnownHashes) -> Stamp:
    status = path.stat()
    present = [status.st_size, status.st_mtime_ns]
    if noted is None or noted == present or noted[0] != present[0]:
        return present
    return noted if known.hash_of(path, present) == sha256 else present
