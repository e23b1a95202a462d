"""Reading a struct from a MATLAB file, with one sentence for whatever can be wrong with it."""

import math
from collections.abc import Iterable
from numbers import Real
from pathlib import Path
from typing import Any

from plumbing.errors import InputError
from speech_decoding.studies.reading import reading

_KIND = "a MATLAB file of version 5 to 7.2"


def read_struct(
    path: Path, name: str, fields: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    """Read fields of the struct `name` from a MATLAB file of version 5 to 7.2.

    Parameters: fields and optional, names that may lead into nested structs ("hdr.Fs").
    Returns: from field to value, None for an optional one that is not there; arrays without their
    dimensions of length 1, text as str.
    Raises: InputError if the file is damaged or in another format, or holds no such field.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        with reading(path, _KIND, MatReadError, UnboundLocalError):
            content = loadmat(
                path,
                variable_names=[name],
                squeeze_me=True,
                struct_as_record=False,
                appendmat=False,
            )
    except NotImplementedError as error:
        raise InputError(
            path,
            expected=_KIND,
            found="one of version 7.3 (HDF5)",
            consequence="it cannot be read",
            next_step="save it with -v7 in MATLAB",
        ) from error
    values = {field: _find(content, f"{name}.{field}") for field in (*fields, *optional)}
    if missing := [field for field in fields if values[field] is None]:
        raise unusable(path, f"the field {name}.{missing[0]}", "none")
    return values


def require_positive(path: Path, field: str, value: Any) -> float:
    """Take a field's value for a finite number above 0; raises InputError if it is none."""
    if not isinstance(value, Real) or not (0 < value < math.inf):
        raise unusable(path, f"a number above 0 as {field}", repr(value)[:60])
    return float(value)


def names(cells: Any) -> list[str]:
    """Give the texts of a cell array, which is a text alone if it holds only one."""
    import numpy as np

    return [str(name) for name in np.ravel(cells)]


def _find(content: dict[str, Any], field: str) -> Any:
    name, *inner = field.split(".")
    value = content.get(name)
    for step in inner:
        value = getattr(value, step, None)
    return value


def unusable(path: Path, expected: str, found: str) -> InputError:
    """Say that a struct does not hold what it should."""
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="the recording cannot be used",
        next_step="check which file was copied here, or fetch it again",
    )
