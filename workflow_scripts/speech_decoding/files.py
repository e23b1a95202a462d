"""Reading and writing the files that pass between stages.

Every output is written to a temporary sibling and renamed when it is complete, so that a reader
never meets half a file and a killed process leaves the previous one untouched.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speech_decoding.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds.

    The suffix is kept, because writers choose their format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, so that equal values give equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; raises InputError if it is missing or not JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, "a JSON file", error) from error


def write_npy(path: str | Path, array: "np.ndarray") -> None:
    """Write `array` in NumPy's format, C order, ready to be memory-mapped."""
    import numpy as np

    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)


def read_npy(path: str | Path, *, mapped: bool = True) -> "np.ndarray":
    """Read an array, memory-mapped unless told otherwise; raises InputError if it is damaged."""
    import numpy as np

    try:
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _unreadable(path, "a NumPy array", error) from error


def write_table(path: str | Path, table: "pd.DataFrame") -> None:
    """Write a table as Parquet, without its index."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a Parquet table; raises InputError if it is missing or damaged."""
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors derive from both
        raise _unreadable(path, "a Parquet table", error) from error


def _unreadable(path: str | Path, expected: str, error: Exception) -> InputError:
    return InputError(
        path,
        expected=f"{expected} written by an earlier step",
        found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
        consequence="this step cannot run",
        next_step="delete the file and give the same command again",
    )
