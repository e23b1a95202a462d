"""Writing structs to MATLAB files whose bytes depend on nothing but their content."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

from plumbing.files import replacing

_HEADER = b"MATLAB 5.0 MAT-file, Platform: simulated"
_HEADER_LENGTH = 116


def write_struct(path: Path, name: str, value: dict[str, Any]) -> None:
    """Write one struct, compressed; nested dictionaries become structs.

    Lists of text must be given as made by `cell`, or MATLAB would find a matrix of characters.
    """
    content = io.BytesIO()
    savemat(content, {name: value}, do_compression=True, oned_as="column")
    # SciPy puts the time of day into the header's text.
    content.seek(0)
    content.write(_HEADER.ljust(_HEADER_LENGTH))
    with replacing(path) as temporary:
        temporary.write_bytes(content.getvalue())


def cell(values: list[Any], *, row: bool = False) -> np.ndarray:
    """Make a cell array of values, a column unless asked for a row."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells[np.newaxis] if row else cells[:, np.newaxis]
