"""Checksums of files, and the memory of those that were found right."""

import hashlib
from pathlib import Path

from download.journal import Journal


def digest_of(path: Path, algorithm: str) -> str:
    """Give a file's digest as "algorithm:hexadecimal digits"; algorithm as hashlib names it."""
    with path.open("rb") as stream:
        return f"{algorithm}:{hashlib.file_digest(stream, algorithm).hexdigest()}"


class Verification:
    """Which files below `folder` are right.

    A file is hashed once: as long as its size and its time of change stay as they were when it was
    found right, the verdict of then counts. Otherwise 300 GB would be read at every call.
    """

    def __init__(self, folder: Path, journal: Journal):
        self.folder = folder
        self._journal = journal

    def is_right(self, path: Path, size: int, digest: str) -> bool:
        """Say whether `path` is a file of `size` bytes with `digest` (as `digest_of` gives it)."""
        if not path.is_file() or path.stat().st_size != size:
            return False
        if self._journal.get(self._key(path)) == _stamp(path, digest):
            return True
        if digest_of(path, digest.partition(":")[0]) != digest:
            return False
        self.remember(path, digest)
        return True

    def remember(self, path: Path, digest: str) -> None:
        """Note that `path` as it is now has been found to have `digest`."""
        self._journal.put(self._key(path), _stamp(path, digest))

    def _key(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _stamp(path: Path, digest: str) -> list[int | str]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, digest]
