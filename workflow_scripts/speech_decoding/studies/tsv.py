"""Reading the tab-separated tables of a BIDS tree as BIDS defines them.

A cell is the text between two tabs: there are no quotes, so that a word may begin with one. Each
row has as many cells as the header, and an unknown value is `n/a`.
"""

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plumbing.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "n/a"
# Above it, not every whole number is one of float64.
_LARGEST = 2.0**53


def read_tsv(path: Path, columns: Sequence[str]) -> "pd.DataFrame":
    """Read a table as texts, missing where they are unknown.

    Lines end as on any system; a byte order mark and empty lines at the end say nothing. Row i of
    the table is line i + 2 of the file.
    Parameters: columns, names that the header has to hold.
    Raises: InputError, naming the line if it is in one, if the file cannot be read, is no text in
    UTF-8, names a column twice or not at all, or has a row of another length than its header.
    """
    import pandas as pd

    lines = _decode(path).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    header, *rows = (line.split("\t") for line in lines)
    if missing := [name for name in columns if name not in header]:
        raise bad_table(path, f"the columns {', '.join(columns)}", f"no {missing[0]}")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise bad_table(path, "each column once", f"{twice!r} twice")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise bad_table(
                f"{path}, row {number}",
                "as many cells as the header has",
                f"{len(row)}, not {len(header)}",
            )
    return pd.DataFrame(rows, columns=header, dtype="string").replace(UNKNOWN, pd.NA)


def parse_numbers(
    path: Path, table: "pd.DataFrame", column: str, *, whole: bool = False
) -> "pd.Series":
    """Give a column of a table of texts as float64, NaN where it is unknown.

    Parameters: whole, whether only whole numbers will do.
    Raises: InputError naming the first row whose value is no such number, or infinite.
    """
    import pandas as pd

    numbers = pd.to_numeric(table[column], errors="coerce").astype("float64")
    right = numbers.abs() < _LARGEST
    if whole:
        right &= numbers % 1 == 0
    wrong = (table[column].notna() & ~right).to_numpy(dtype=bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise bad_table(
            f"{path}, row {row + 2}",
            f"a {'whole ' if whole else ''}number as {column}",
            f"{str(table[column].iloc[row])[:60]!r}",
        )
    return numbers


def bad_table(where: object, expected: str, found: str) -> InputError:
    """Give the error of a table that cannot be trusted; `where` is its file, and row if known."""
    return InputError(
        where,
        expected=expected,
        found=" ".join(found.split())[:200],
        consequence="the recording cannot be used",
        next_step="fetch or copy the file again",
    )


def _decode(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise bad_table(path, "text in UTF-8", "text in UTF-16")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        odd = f"the byte 0x{error.object[error.start]:02x}, as in another encoding"
        raise bad_table(f"{path}, row {line}", "text in UTF-8", odd) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise bad_table(f"{path}, row {line}", "text", "a zero byte, as in a damaged file")
    return text
