"""Reading files of foreign formats: a damaged file is told apart from a broken machine.

Only what a library is known to raise on a damaged file says something about the file. A disk that
cannot be read, too many open files, a library that cannot be imported or memory that has run out
say nothing about it, and are passed on as they are.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from speech_decoding.errors import InputError

# An OSError is among them only if it has no number: those with one are the operating system's.
_DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@contextmanager
def reading(path: Path, expected: str, *own_errors: type[Exception]) -> Iterator[None]:
    """Read a file in the block, with a library that was imported before it.

    Parameters: expected, the kind of file, as a sentence names it; own_errors, what the library
    raises besides Python's errors.
    Raises: InputError if the library finds the file damaged, or of another kind.
    """
    try:
        yield
    except (*_DAMAGE, *own_errors) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        found = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise InputError(
            path,
            expected=expected,
            found=f"a damaged or different file ({found})",
            consequence="it cannot be read",
            next_step="fetch or copy the file again",
        ) from error
