"""Reading files of foreign formats: a damaged file is told apart from a broken machine.

Only what a library is known to raise on a damaged file says something about the file. A disk that
cannot be read, too many open files, a library that cannot be imported or memory that has run out
say nothing about it, and are passed on as they are.
"""

import mmap
import resource
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from plumbing.errors import InputError

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

_watchers: list[Callable[[object], None]] = []
_granted_bytes: list[int] = []


def watch(tell: Callable[[object], None]) -> None:
    """Let `tell` be called with each file before it is read, and with None after it."""
    _watchers.append(tell)


def limit_memory(byte_count: int) -> None:
    """Let this process hold this much more memory; a file that asks for more is damaged."""
    held = _held_bytes()
    if held is None:
        return  # no Linux: the system does not keep such limits
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    granted = held + byte_count
    if hard != resource.RLIM_INFINITY and hard < granted:
        return  # a lower limit, which is not ours
    resource.setrlimit(resource.RLIMIT_DATA, (granted, hard))
    _granted_bytes.append(granted)


@contextmanager
def reading(path: object, expected: str, *own_errors: type[Exception]) -> Iterator[None]:
    """Read a file in the block, with a library that was imported before it.

    Parameters: expected, the kind of file, as a sentence names it; own_errors, what the library
    raises besides Python's errors.
    Raises: InputError if the library finds the file damaged, or of another kind.
    """
    for tell in _watchers:
        tell(path)
    try:
        yield
    except MemoryError as error:
        if not _is_beyond_limit():
            raise
        raise _damaged(path, expected, "it asks for more memory than it can need") from error
    except (*_DAMAGE, *own_errors) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        found = " ".join(str(error).split())[:200].rstrip(".:; ") or type(error).__name__
        raise _damaged(path, expected, found) from error
    finally:
        for tell in _watchers:
            tell(None)


def _damaged(path: object, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=f"a damaged or different file ({found})",
        consequence="it cannot be read",
        next_step="fetch or copy the file again",
    )


def _held_bytes() -> int | None:
    """Give how much memory this process has asked for; None if the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), None)


def _is_beyond_limit() -> bool:
    """Tell whether memory ran out by `limit_memory`: if not, the machine gives less than that."""
    held = _held_bytes()
    if not _granted_bytes or held is None:
        return False
    try:
        mmap.mmap(-1, max((_granted_bytes[-1] - held) // 2, mmap.PAGESIZE)).close()
    except (OSError, MemoryError):
        return False
    return True
