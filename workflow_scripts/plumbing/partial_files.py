"""Files that are whole or not there at all: written under another name, and renamed at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def completing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds.

    The suffix is kept, because writers choose their format by it. What killed processes left of
    the same file is removed.
    """
    pattern = f".{path.stem}.{{}}.partial{path.suffix}"
    temporary = path.with_name(pattern.format(os.getpid()))
    try:
        for left_by_a_killed_process in path.parent.glob(pattern.format("*")):
            left_by_a_killed_process.unlink(missing_ok=True)
        yield temporary
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
