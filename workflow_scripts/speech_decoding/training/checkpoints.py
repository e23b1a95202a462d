"""Checkpoints: an interrupted training continues as if nothing had happened, or not at all."""

import hashlib
import io
import pickle
import shutil
from pathlib import Path
from typing import Any

import torch

from plumbing.errors import InputError
from plumbing.files import replacing

FOLDER = ".resume"
_DIGEST_BYTES = 32


class Checkpoints:
    """The checkpoint of one training, in a folder that is no output of the workflow.

    The file is named by `key`, a text of hexadecimal digits that stands for the settings, the data,
    the code and the seed: another training never finds it. The file begins with a digest of the
    rest, so that a damaged one is told from a whole one.
    """

    def __init__(self, folder: Path, key: str):
        self._folder = folder / FOLDER
        self._key = key
        self.path = self._folder / f"{key[:16]}.checkpoint"

    def save(self, state: dict[str, Any]) -> None:
        """Write the state of the training, tensors and plain values, in place of the last one."""
        stream = io.BytesIO()
        torch.save({"key": self._key, "state": state}, stream)
        content = stream.getbuffer()
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)

    def load(self, device: torch.device) -> dict[str, Any] | None:
        """Read the state of the training, None if there is no checkpoint.

        Raises: InputError if the checkpoint is damaged, or that of another training.
        """
        for half_written in self._folder.glob(".*.partial*"):
            half_written.unlink(missing_ok=True)
        if not self.path.exists():
            return None
        try:
            content = self.path.read_bytes()
            digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if hashlib.sha256(content).digest() != digest:
                raise ValueError("its content has changed since it was written")
            stored = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
        except (OSError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
            raise self.refusal("a checkpoint as it was written", found=str(error)) from error
        if stored["key"] != self._key:
            raise self.refusal("the checkpoint of this training", found="that of another one")
        return stored["state"]

    def remove(self) -> None:
        """Remove the checkpoint, and whatever else is left of earlier ones."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def refusal(self, expected: str, *, found: str) -> InputError:
        """Give the error that tells why the checkpoint is not used."""
        return InputError(
            self.path,
            expected=expected,
            found=" ".join(found.split())[:200],
            consequence="the training was not resumed",
            next_step="delete the file and give the same command again, which trains anew",
        )
