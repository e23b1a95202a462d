"""Reading a struct from a MATLAB file, with one sentence for whatever can be wrong with it."""

import zlib
from collections.abc import Iterable
from numbers import Number
from pathlib import Path
from typing import Any

from speech_decoding.errors import InputError

# What scipy raises, depending on where a file was cut or damaged.
_DAMAGE = (OSError, ValueError, TypeError, LookupError, MemoryError, zlib.error)


def read_struct(path: Path, name: str, fields: Iterable[str]) -> dict[str, Any]:
    """Read fields of the struct `name` from a MATLAB file of version 5 to 7.2.

    Parameters: fields, names that may lead into nested structs ("hdr.Fs").
    Returns: from field to value; arrays without their dimensions of length 1, text as str.
    Raises: InputError if the file is damaged or in another format, or holds no such field.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(
            path, variable_names=[name], squeeze_me=True, struct_as_record=False, appendmat=False
        )
    except NotImplementedError as error:
        raise _unreadable(path, "one of version 7.3 (HDF5); save it with -v7") from error
    except (*_DAMAGE, MatReadError) as error:
        found = " ".join(str(error).split())[:200] or type(error).__name__
        raise _unreadable(path, f"a damaged or different file ({found})") from error
    return {field: _find(path, content, f"{name}.{field}") for field in fields}


def require_positive(path: Path, field: str, value: Any) -> float:
    """Take a field's value for a number above 0; raises InputError if it is none."""
    if not isinstance(value, Number) or not value > 0:
        raise InputError(
            path,
            expected=f"a number above 0 as {field}",
            found=repr(value)[:60],
            consequence="the recording cannot be used",
            next_step="check which file was copied here, or fetch it again",
        )
    return float(value)


def _find(path: Path, content: dict[str, Any], field: str) -> Any:
    name, *inner = field.split(".")
    value = content.get(name)
    for step in inner:
        value = getattr(value, step, None)
    if value is None:
        raise InputError(
            path,
            expected=f"the field {field}",
            found="none",
            consequence="the recording cannot be used",
            next_step="check which file was copied here, or fetch it again",
        )
    return value


def _unreadable(path: Path, found: str) -> InputError:
    return InputError(
        path,
        expected="a MATLAB file of version 5 to 7.2",
        found=found,
        consequence="it cannot be read",
        next_step="fetch or copy the file again",
    )
