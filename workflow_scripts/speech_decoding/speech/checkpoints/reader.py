"""Checkpoints of wav2vec 2.0 in every published layout, read into one form."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from plumbing.seals import hash_file
from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture
from speech_decoding.speech.checkpoints.errors import CheckpointError, missing, shortened
from speech_decoding.speech.checkpoints.fairseq import read_fairseq
from speech_decoding.speech.checkpoints.huggingface import read_huggingface


@dataclass(frozen=True)
class Checkpoint:
    """A wav2vec 2.0 as it lies on disk: nothing is in memory but what has been used."""

    path: Path  # the file that holds the weights
    layout: str  # "fairseq cfg", "fairseq cfg (omegaconf)", "fairseq args" or "huggingface"
    architecture: Wav2Vec2Architecture
    weights: Mapping[str, torch.Tensor]  # names of torchaudio's network, mapped from the file

    @property
    def size_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal; the file is read through once, when first asked."""
        return hash_file(self.path)

    def facts(self) -> dict[str, Any]:
        """Which file it is, for the record: path, layout, size_bytes and sha256."""
        return {
            "path": str(self.path),
            "layout": self.layout,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
        }


def read_checkpoint(checkpoint: str | Path, *, sha256: str | None = None) -> Checkpoint:
    """Read fairseq's file (such as xlsr_53_56k.pt) or a folder of transformers.

    Nothing is downloaded, nothing in the file is executed, and neither fairseq, omegaconf nor
    transformers is needed. Weights that serve training alone (masking, quantiser, projections, the
    head of a fine-tuned model) are left out. Raises CheckpointError, naming what is wrong, where
    the file is missing or cut, holds another model, lacks weights or has some too many, or is not
    the file of the given `sha256`.
    """
    path = Path(checkpoint)
    if not path.exists():
        raise missing(path, "a file of fairseq or a folder of transformers")
    if path.is_dir():
        layout = "huggingface"
        weight_file, architecture, weights = read_huggingface(path)
    else:
        weight_file = path
        layout, architecture, weights = read_fairseq(path)
    _check_weights(path, architecture, weights)
    found = Checkpoint(weight_file, layout, architecture, weights)
    if sha256 is not None and found.sha256 != sha256:
        raise CheckpointError(
            weight_file,
            expected=f"the file whose SHA-256 is {sha256}, as the setting sha256 says",
            found=f"one of {found.size_bytes} bytes whose SHA-256 is {found.sha256}",
        )
    return found


def _check_weights(
    path: Path, architecture: Wav2Vec2Architecture, weights: Mapping[str, Any]
) -> None:
    """Raise CheckpointError unless the weights are those of the architecture.

    Settings may claim any size: before a network is made of them, if only to compare the shapes,
    the weights have to be enough for its layers.
    """
    layers = architecture.encoder_num_layers + len(architecture.extractor_conv_layer_config)
    if layers > len(weights):
        raise CheckpointError(
            path,
            expected=f"the weights of the {layers} layers that its settings describe",
            found=f"{len(weights)} weights",
        )
    try:
        network = architecture.empty_network()
    except (RuntimeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise CheckpointError(
            path, expected="settings that describe a network", found=shortened(error)
        ) from error
    expected = {name: tuple(weight.shape) for name, weight in network.state_dict().items()}
    found = {name: _shape(weight) for name, weight in weights.items()}
    for complaint, names in (
        ("lacking", expected.keys() - found.keys()),
        ("too many", found.keys() - expected.keys()),
        ("of another shape", {n for n in expected.keys() & found if expected[n] != found[n]}),
    ):
        if names:
            listed = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
            raise CheckpointError(
                path,
                expected=f"the {len(expected)} weights that its settings describe",
                found=f"{len(names)} {complaint} ({listed})",
            )


def _shape(weight: object) -> tuple[int, ...] | None:
    """The shape of a weight; None for what is no array of floating-point numbers in memory."""
    if isinstance(weight, torch.Tensor) and weight.is_floating_point():
        dense = weight.layout == torch.strided and weight.device.type == "cpu"
        return tuple(weight.shape) if dense else None
    return None
