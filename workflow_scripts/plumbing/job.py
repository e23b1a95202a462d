"""A job: what a process makes its outputs with, and what it has read so far.

Whatever is made is sealed with it (see `seals`), and whatever is read has to fit it:

* the file is as its step wrote it, where it wrote it;
* it was made with the settings that its step has now, if the workflow says which;
* it was made from its inputs as they are now.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plumbing.errors import InputError
from plumbing.seals import hash_file, misfit, read_seal, seal_path, verify, write_seal


class Job:
    """One job of the workflow, or a script that is run by hand.

    Args:
        rule: its name.
        settings, code: a digest of the settings and the fingerprint of the code that it uses.
        expected: for each earlier rule the digests of settings that its outputs may have been made
            with; those of other rules may have any.
    """

    def __init__(
        self,
        *,
        rule: str | None = None,
        settings: str | None = None,
        code: str | None = None,
        expected: Mapping[str, Sequence[str]] | None = None,
    ):
        self.code = code
        self._made_by = {"rule": rule, "settings": settings, "code": code}
        self._expected = expected or {}
        self._inputs: dict[str, str] = {}  # SHA-256 by place, or by path for raw files
        self._stamps: dict[str, list[int]] = {}

    def seal(self, path: Path, place: str, content: Path) -> None:
        """Write the seal of `path`, whose content lies complete in the file `content`.

        Parameters: place, where the file belongs below the folder of all results.
        """
        made_from = {"inputs": self._inputs, "stamps": self._stamps}
        write_seal(path, content, {"file": place, **self._made_by, **made_from})

    def check(self, path: Path, place: str) -> str:
        """Check a file that is about to be read, and note it as an input; returns its SHA-256.

        Parameters: place, where it belongs below the folder of all results.
        Raises: InputError if the file or its seal is missing, or they do not fit.
        """
        seal = verify(path)
        if place != seal["file"]:
            raise misfit(path, "that was written here", f"one that was written as {seal['file']}")
        fitting = self._expected.get(seal["rule"])
        if fitting is not None and seal["settings"] not in fitting:
            raise misfit(path, "made with the present settings", "one that was made with others")
        results = path.parents[place.count("/")]
        for name, sha256 in seal["inputs"].items():
            source = results / name
            if seal_path(source).is_file() and read_seal(source)["sha256"] != sha256:
                raise misfit(path, f"made from {name} as it is", "one that was made from another")
        self._inputs[place] = seal["sha256"]
        return seal["sha256"]

    def hash_of(self, path: Path, place: str) -> str:
        """Give the SHA-256 of an input as it was when it was read; one that was not is checked."""
        return self._inputs.get(place) or self.check(path, place)

    def note_raw_files(self, paths: Iterable[Path], stamps: Mapping[str, list[int]]) -> None:
        """Note files that no step wrote, as far as they are there, as inputs of the outputs.

        Parameters: stamps, of the workflow (see `raw_contents`), by path.
        Raises: InputError if one is there but cannot be read.
        """
        for path in paths:
            try:
                if path.is_file():
                    self._inputs[str(path)] = hash_file(path)
            except OSError as error:
                raise InputError(
                    path,
                    expected="a file that this machine can read",
                    found=f"{error.strerror}",
                    consequence="nothing was made from it",
                    next_step="repair the disk or the right to read it and give the same command "
                    "again",
                ) from error
        self._stamps.update({path: stamp for path, stamp in stamps.items() if path in self._inputs})

    def key(self, **made_with: Any) -> str:
        """Give a digest of all that this job makes its outputs from, and of `made_with`.

        Everything that has been read counts by its content, and the code by its fingerprint. Two
        jobs with the same key make the same.
        """
        known = {"inputs": self._inputs, "code": self.code, **made_with}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
