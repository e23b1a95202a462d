"""Reading and writing files that are whole or not there at all.

Every output is written to a temporary sibling and renamed when it is complete, so that a reader
never meets half a file and a killed process leaves the previous one untouched. What steps leave for
each other is sealed as well (see `results`).
"""

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbing.errors import InputError
from plumbing.partial_files import completing

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# What the system says where nothing can be written.
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def replacing(
    path: str | Path, before_renaming: Callable[[Path], None] = lambda content: None
) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds.

    Parameters: before_renaming, called with the temporary path when its content is complete.
    Raises: InputError if the disk is full or may not be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with completing(path) as temporary:
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            before_renaming(temporary)
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


def write(
    path: str | Path, value: Any, before_renaming: Callable[[Path], None] = lambda content: None
) -> None:
    """Write a value in the format of the file's suffix; equal values give equal bytes.

    .json, plain values; .npy, an array, in C order, ready to be memory-mapped; .parquet and .csv, a
    table without its index; any other, bytes.

    Parameters: before_renaming, of `replacing`.
    """
    _, writer = _format_of(Path(path))
    with replacing(path, before_renaming) as temporary:
        writer(temporary, value)


def read(path: str | Path, **how: Any) -> Any:
    """Read a file by its suffix, as `write` writes it.

    Parameters: how, for arrays: mapped=False reads one into memory.
    Raises: InputError if the file is missing or damaged.
    """
    reader, _ = _format_of(Path(path))
    with reading(path) as path:
        return reader(path, **how)


@contextmanager
def reading(path: str | Path) -> Iterator[Path]:
    """Give the path of a file; say in an InputError what goes wrong when it is read."""
    path = Path(path)
    try:
        yield path
    except (OSError, ValueError, EOFError) as error:  # pyarrow's and pandas' derive from these
        held = _HELD.get(path.suffix, "file")
        raise InputError(
            path,
            expected=f"a {held} written by an earlier step",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            consequence="this step cannot run",
            next_step="delete the file and give the same command again",
        ) from error


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_npy(path: Path, array: "np.ndarray") -> None:
    import numpy as np

    array = np.ascontiguousarray(array)
    header = np.lib.format.header_data_from_array_1_0(array)
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(array.data)  # NumPy's own writer does not say that a disk is full


def _read_npy(path: Path, *, mapped: bool = True) -> "np.ndarray":
    import numpy as np

    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)


def _write_parquet(path: Path, table: "pd.DataFrame") -> None:
    table.to_parquet(path, index=False)


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(path)


def _write_csv(path: Path, table: "pd.DataFrame") -> None:
    table.to_csv(path, index=False)


def _read_csv(path: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_csv(path)


_HELD = {".json": "JSON file", ".npy": "NumPy array", ".parquet": "Parquet table", ".csv": "table"}
_FORMATS = {
    ".json": (_read_json, _write_json),
    ".npy": (_read_npy, _write_npy),
    ".parquet": (_read_parquet, _write_parquet),
    ".csv": (_read_csv, _write_csv),
}


def _format_of(path: Path) -> tuple[Callable[..., Any], Callable[[Path, Any], object]]:
    return _FORMATS.get(path.suffix, (Path.read_bytes, Path.write_bytes))
