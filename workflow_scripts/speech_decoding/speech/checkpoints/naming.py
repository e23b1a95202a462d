"""The names of weights: those of a file, turned into those of torchaudio's network."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from speech_decoding.speech.checkpoints.errors import CheckpointError


def renamed_weights(
    path: Path, weights: Mapping[Any, Any], torchaudio_name: Callable[[str], str | None]
) -> dict[str, Any]:
    """Give the weights under torchaudio's names.

    Parameters: torchaudio_name, from a name of the file; None for a weight that serves training
    alone, which is left out.
    Raises: CheckpointError for a name that is no text, and where two weights have one name.
    """
    renamed = {}
    for name, weight in weights.items():
        if not isinstance(name, str):
            raise CheckpointError(
                path, expected="weights by their names", found=f"the name {name!r}"[:160]
            )
        new_name = torchaudio_name(name)
        if new_name is None:
            continue
        new_name = _current_name(new_name)
        if new_name in renamed:
            raise CheckpointError(path, expected="each weight once", found=f"{name} once more")
        renamed[new_name] = weight
    return renamed


def _current_name(name: str) -> str:
    # torch 2.0 renamed the two factors of a normalised weight; most published files are older.
    return name.replace(".weight_g", ".parametrizations.weight.original0").replace(
        ".weight_v", ".parametrizations.weight.original1"
    )
