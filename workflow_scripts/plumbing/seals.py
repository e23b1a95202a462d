"""Seals: beside every file below results/, what it holds and what it was made from.

Snakemake decides what runs from time stamps and its own memory of settings. Both can be wrong about
a file: it was cut short, edited, copied from another study, or brought back from another run. The
seal of `signal.npy` is `.signal.npy.seal`, a JSON object:

    file       where the file was written, below the folder of all results
    bytes, sha256
    rule, settings, code   by what it was made: a name, a digest and a fingerprint
    inputs     SHA-256 of what it was made from, by the same names; of raw files, by their paths
    stamps     of the raw files among them (see `raw_contents`)
    verified   size, time and inode of the file when its content was last compared with sha256

A file that still has the size, time and inode with which it was verified is not read again: those
of a study are 20 GB, which many trainings share.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from plumbing.errors import InputError
from plumbing.partial_files import completing

Seal = dict[str, Any]

# A change within the resolution of time stamps is not seen: a younger file is read.
_SURE_AFTER_NS = 2_000_000_000


def write_seal(path: Path, content: Path, made_with: Mapping[str, Any]) -> None:
    """Write the seal of `path`, whose content lies complete in the file `content`.

    Parameters: made_with, all parts of the seal but `bytes` and `sha256`.
    """
    seal = {"bytes": content.stat().st_size, "sha256": hash_file(content), **made_with}
    _write(path, seal)


def verify(path: Path) -> Seal:
    """Compare a file with its seal, and give the seal.

    Raises: InputError if the file or its seal is missing, or they do not fit.
    """
    seal = read_seal(path)
    try:
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        if stamp == seal.get("verified"):
            return seal
        if status.st_size != seal["bytes"]:
            raise misfit(path, f"of {seal['bytes']} bytes", f"{status.st_size} bytes")
        sha256 = hash_file(path)
    except OSError as error:
        raise misfit(path, "written by an earlier step", f"{error.strerror}") from error
    if sha256 != seal["sha256"]:
        raise misfit(path, "as its step wrote it", "another content: it was edited or damaged")
    if time.time_ns() - status.st_mtime_ns > _SURE_AFTER_NS:
        with suppress(OSError):  # results that may be read alone are verified each time
            _write(path, seal | {"verified": stamp})
    return seal


def read_seal(path: Path) -> Seal:
    """Read the seal of a file; raises InputError if there is none, or a damaged one."""
    try:
        return json.loads(seal_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        found = "none" if isinstance(error, FileNotFoundError) else "a damaged one"
        raise misfit(path, f"with its seal beside it, {seal_path(path).name}", found) from error


def seal_path(path: Path) -> Path:
    """Name the seal of a file."""
    return path.with_name(f".{path.name}.seal")


def noted_raw_files(path: Path) -> dict[str, tuple[str, list[int]]]:
    """Give the SHA-256 and the stamp of each raw file that `path` was made from.

    Nothing if that is not known, as where the file was never made.
    """
    try:
        seal = json.loads(seal_path(path).read_text(encoding="utf-8"))
        return {name: (seal["inputs"][name], stamp) for name, stamp in seal["stamps"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def hash_file(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def misfit(path: Path, expected: str, found: str) -> InputError:
    """Give the error of a file that is not what its step wrote."""
    return InputError(
        path,
        expected=f"a file {expected}",
        found=found,
        consequence="nothing was made from it",
        next_step="delete the file and give the same command again",
    )


def _write(path: Path, seal: Seal) -> None:
    text = json.dumps(seal, indent=1, sort_keys=True, ensure_ascii=False)
    with completing(seal_path(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
