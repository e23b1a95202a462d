"""Seals: beside every file below results/, what it holds and what it was made from.

Snakemake decides what runs from time stamps and its own memory of settings. Both can be wrong about
a file: it was cut short, edited, copied from another study, or brought back from another run. The
seal of `signal.npy` is `.signal.npy.seal`; whoever reads the file refuses it if they do not fit:

* the file has the size and the SHA-256 that its step wrote, and lies where it was written;
* it was made with the settings that its step has now, if the workflow tells them;
* it was made from its inputs as they are now.

A process makes the outputs of one job; what it was told of the job and has read stands here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plumbing.errors import InputError
from plumbing.partial_files import completing

# The folder below which steps leave files for each other, wherever it lies.
RESULTS = "results"

_job: dict[str, Any] = {}
_inputs: dict[str, str] = {}
_stamps: dict[str, list[int]] = {}


def begin_job(
    *, rule: str, settings: str, code: str, expected: Mapping[str, Sequence[str]]
) -> None:
    """Tell what this process makes its outputs with.

    Parameters: rule, its name; settings and code, digests; expected, for each earlier rule the
    digests of settings that its outputs may have been made with.
    """
    _job.update(rule=rule, settings=settings, code=code, expected=expected)


def seal_file(path: Path, content: Path) -> None:
    """Write the seal of `path`, whose content lies complete in the file `content`.

    A file that is not below results/, such as a simulated raw file, gets none.
    """
    if _place(path) is None:
        return
    seal = {
        "file": _place(path),
        "bytes": content.stat().st_size,
        "sha256": hash_file(content),
        "rule": _job.get("rule"),
        "settings": _job.get("settings"),
        "code": _job.get("code"),
        "inputs": _inputs,
        "stamps": _stamps,
    }
    text = json.dumps(seal, indent=1, sort_keys=True, ensure_ascii=False)
    with completing(_seal_of(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def check_file(path: Path) -> None:
    """Check the seal of a file that is about to be read, and note the file as an input.

    Raises: InputError if the file or its seal is missing, or they do not fit.
    """
    if _place(path) is None:
        return
    seal = _read_seal(path)
    try:
        size, sha256 = path.stat().st_size, hash_file(path)
    except OSError as error:
        raise _misfit(path, "written by an earlier step", f"{error.strerror}") from error
    if size != seal["bytes"]:
        raise _misfit(path, f"of {seal['bytes']} bytes", f"{size} bytes")
    if sha256 != seal["sha256"]:
        raise _misfit(path, "as its step wrote it", "another content: it was edited or damaged")
    if _place(path) != seal["file"]:
        raise _misfit(path, "that was written here", f"one that was written as {seal['file']}")
    fitting = _job.get("expected", {}).get(seal["rule"])
    if fitting is not None and seal["settings"] not in fitting:
        raise _misfit(path, "made with the present settings", "one that was made with others")
    root = Path(*path.parts[: -len(Path(seal["file"]).parts)])
    for place, known_sha256 in seal["inputs"].items():
        if _seal_of(root / place).is_file() and _read_seal(root / place)["sha256"] != known_sha256:
            raise _misfit(path, f"made from {place} as it is", "one that was made from another")
    _inputs[seal["file"]] = sha256


def note_raw_files(paths: Iterable[Path], stamps: Mapping[str, list[int]]) -> None:
    """Note files that no step wrote, as far as they are there, as inputs of this job's outputs.

    Parameters: stamps, of the workflow (see `raw_contents`), by path.
    Raises: InputError if one is there but cannot be read.
    """
    for path in paths:
        try:
            if path.is_file():
                _inputs[str(path)] = hash_file(path)
        except OSError as error:
            raise InputError(
                path,
                expected="a file that this machine can read",
                found=f"{error.strerror}",
                consequence="nothing was made from it",
                next_step="repair the disk or the right to read it and give the same command again",
            ) from error
    _stamps.update({path: stamp for path, stamp in stamps.items() if path in _inputs})


def noted_raw_files(path: Path) -> dict[str, tuple[str, list[int]]]:
    """Give the SHA-256 and the stamp of each raw file that `path` was made from.

    Nothing if that is not known, as where the file was never made.
    """
    try:
        seal = json.loads(_seal_of(path).read_text(encoding="utf-8"))
        return {name: (seal["inputs"][name], stamp) for name, stamp in seal["stamps"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file: from its seal, which its reader checks, or of one without, anew.

    Raises: InputError if a file below results/ has no seal.
    """
    return hash_file(path) if _place(path) is None else _read_seal(path)["sha256"]


def hash_file(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _seal_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.seal")


def _place(path: Path) -> str | None:
    """Name a file by its path below the results, which may be moved as a whole."""
    _, found, place = f"/{path.as_posix()}".rpartition(f"/{RESULTS}/")
    return place if found else None


def _read_seal(path: Path) -> dict[str, Any]:
    try:
        return json.loads(_seal_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        found = "none" if isinstance(error, FileNotFoundError) else "a damaged one"
        raise _misfit(path, f"with its seal beside it, {_seal_of(path).name}", found) from error


def _misfit(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=f"a file {expected}",
        found=found,
        consequence="nothing was made from it",
        next_step="delete the file and give the same command again",
    )
