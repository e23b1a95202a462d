"""Reading and writing the files that pass between stages.

Every output is written to a temporary sibling and renamed when it is complete, so that a reader
never meets half a file and a killed process leaves the previous one untouched. Beside it lies its
seal (see `seals`), which every reader here checks first; `sealed=False` is for what a step keeps
for itself between interruptions.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbing.errors import InputError
from plumbing.partial_files import completing
from plumbing.seals import check_file, seal_file

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# What the system says where nothing can be written.
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def replacing(path: str | Path, *, sealed: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path`, sealed, if the block succeeds.

    Raises: InputError if the disk is full or may not be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with completing(path) as temporary:
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            if sealed:  # the seal first: a file without its own is refused, and made again
                seal_file(path, temporary)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        raise InputError(
            path,
            expected="a disk that can be written to",
            found=os.strerror(error.errno),
            consequence="the file was not written",
            next_step="make room, or let results be a link to another disk, and give the same "
            "command again",
        ) from error


def require_writable(folder: Path) -> None:
    """Check that files can be written below `folder`, there or not yet.

    Raises: InputError if they cannot, as on a disk that is mounted for reading alone.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(
            folder,
            expected="a folder that can be written to",
            found="one that cannot",
            consequence="nothing was run",
            next_step="change its permissions, or let it be a link to another disk",
        )


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, so that equal values give equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path, *, sealed: bool = True) -> Any:
    """Read a JSON file; raises InputError if it is missing or damaged."""
    with reading(path, "a JSON file", sealed=sealed) as path:
        return json.loads(path.read_text(encoding="utf-8"))


def write_npy(path: str | Path, array: "np.ndarray", *, sealed: bool = True) -> None:
    """Write `array` in NumPy's format, C order, ready to be memory-mapped."""
    import numpy as np

    array = np.ascontiguousarray(array)
    header = np.lib.format.header_data_from_array_1_0(array)
    with replacing(path, sealed=sealed) as temporary, temporary.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(array.data)  # NumPy's own writer does not say that a disk is full


def read_npy(path: str | Path, *, mapped: bool = True, sealed: bool = True) -> "np.ndarray":
    """Read an array, memory-mapped unless told otherwise; raises InputError if it is damaged."""
    import numpy as np

    with reading(path, "a NumPy array", sealed=sealed) as path:
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)


def write_table(path: str | Path, table: "pd.DataFrame") -> None:
    """Write a table as Parquet, without its index."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a Parquet table; raises InputError if it is missing or damaged."""
    import pandas as pd

    with reading(path, "a Parquet table") as path:
        return pd.read_parquet(path)


def read_csv(path: str | Path) -> "pd.DataFrame":
    """Read a table of comma-separated values; raises InputError if it is missing or damaged."""
    import pandas as pd

    with reading(path, "a table") as path:
        return pd.read_csv(path)


def read_bytes(path: str | Path) -> bytes:
    """Read a file as it is; raises InputError if it is missing or damaged."""
    with reading(path, "a file") as path:
        return path.read_bytes()


@contextmanager
def reading(path: str | Path, expected: str, *, sealed: bool = True) -> Iterator[Path]:
    """Check the seal of `path`; tell in an InputError what goes wrong when it is read.

    Parameters: expected, what the file should be, in words.
    """
    path = Path(path)
    if sealed:
        check_file(path)
    try:
        yield path
    except (OSError, ValueError, EOFError) as error:  # pyarrow's and pandas' derive from these
        raise InputError(
            path,
            expected=f"{expected} written by an earlier step",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            consequence="this step cannot run",
            next_step="delete the file and give the same command again",
        ) from error
