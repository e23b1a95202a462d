"""Chunks that were embedded before an interruption: kept on disk until the story is complete."""

import hashlib
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from plumbing.errors import InputError
from plumbing.files import read, write


class FinishedChunks:
    """A folder with the frames of each embedded chunk, found again by what they were made of.

    Parameters: folder, made when the first chunk is kept; made_with, a text that tells everything
    but the waveform that decides the frames (settings, weights, code).
    """

    def __init__(self, folder: Path, made_with: str):
        self._folder = folder
        self._made_with = hashlib.sha256(made_with.encode("utf-8"))

    def keep(self, waveform: np.ndarray, embed: Callable[[np.ndarray], np.ndarray]) -> Path:
        """Tell where the frames of a waveform are kept; `embed` makes them if they are not yet."""
        path = self._path_of(waveform)
        try:
            read(path)
        except InputError:  # not embedded yet, or damaged by whatever stopped the run
            write(path, embed(waveform))
        return path

    def join(
        self, kept: list[Path], output: AbstractContextManager[Path], *, features: int
    ) -> list[int]:
        """Write the frames [frames, features] of all chunks; returns how many each has.

        Parameters: output, gives the file to write when it is entered.
        One chunk is in memory at a time: a story of an hour is a gigabyte.
        """
        counts = [len(read(path)) for path in kept]
        header = {
            "descr": np.dtype(np.float32).str,
            "fortran_order": False,
            "shape": (sum(counts), features),
        }
        with output as temporary, temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for path in kept:
                frames = read(path, mapped=False)
                stream.write(np.ascontiguousarray(frames, np.float32).data)
        return counts

    def forget(self) -> None:
        """Remove the folder; for when the story is written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path_of(self, waveform: np.ndarray) -> Path:
        digest = self._made_with.copy()
        digest.update(np.ascontiguousarray(waveform))
        return self._folder / f"{digest.hexdigest()[:32]}.npy"
