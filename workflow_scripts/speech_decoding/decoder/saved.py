"""A trained decoder on disk: its weights, and beside them all that is needed to rebuild it."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from speech_decoding.decoder.brain_module import BrainModule
from speech_decoding.errors import InputError
from speech_decoding.files import read_json, replacing, write_json


def save_decoder(folder: Path, model: BrainModule, description: dict[str, Any]) -> None:
    """Write decoder.safetensors and decoder.json into `folder`.

    `description` holds at least `decoder` (keyword arguments of BrainModule), `n_subjects` and
    `n_outputs`; sensor positions are among the weights.
    """
    with replacing(folder / "decoder.safetensors") as temporary:
        weights = {name: tensor.contiguous().cpu() for name, tensor in model.state_dict().items()}
        save_file(weights, temporary)
    write_json(folder / "decoder.json", description)


def load_decoder(folder: Path, device: str | torch.device) -> tuple[BrainModule, dict[str, Any]]:
    """Rebuild a decoder from `folder`; returns the model in evaluation mode and its description.

    Raises: InputError if the weights are damaged or do not fit the description.
    """
    description = read_json(folder / "decoder.json")
    path = folder / "decoder.safetensors"
    try:
        weights = load_file(path)
        model = BrainModule(
            weights["layout_positions"],
            n_subjects=description["n_subjects"],
            n_outputs=description["n_outputs"],
            **description["decoder"],
        )
        model.load_state_dict(weights)
    except (OSError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(
            path,
            expected="the weights that decoder.json describes",
            found=" ".join(str(error).split())[:200],
            consequence="the decoder cannot be rebuilt",
            next_step="delete the folder and give the same command again",
        ) from error
    return model.to(device).eval(), description
