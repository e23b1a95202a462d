"""Whether a raw file is there and can be opened at all, before anything in it is looked at."""

import errno
import stat
from pathlib import Path

from speech_decoding.studies import Finding


def check_presence(path: Path) -> list[Finding]:
    """Find what keeps a file from being read; an empty list if nothing does.

    Told apart: a missing file, one whose name differs in case, a link that leads nowhere or back to
    itself, a folder in its place, and an empty file.
    Raises: OSError for what says nothing about the file, such as a disk that cannot be read.
    """
    next_step = "fetch or copy it again"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            found = "a folder"
        elif status.st_size == 0:
            found = "an empty file"
        else:
            with path.open("rb") as stream:
                stream.read(1)
            return []
    except OSError as error:
        if error.errno == errno.ELOOP:
            found = "a symbolic link that leads back to itself"
        elif error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise
        elif path.is_symlink():
            found = f"a symbolic link to {path.readlink()}, which is missing"
        elif other := _of_other_case(path):
            found, next_step = f"{other}, whose case differs", f"rename it to {path.name}"
        else:
            found = "no such file"
    return [
        Finding.fault(
            path,
            expected="a file that can be read",
            found=found,
            consequence="what it should hold is missing",
            next_step=next_step,
        )
    ]


def _of_other_case(path: Path) -> str | None:
    """Give the name of a file beside `path` that differs from it in case only."""
    if not path.parent.is_dir():
        return None
    names = sorted(other.name for other in path.parent.iterdir() if other.name != path.name)
    return next((name for name in names if name.lower() == path.name.lower()), None)
