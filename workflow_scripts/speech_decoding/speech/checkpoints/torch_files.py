"""Reading what `torch.save` wrote without running anything that the file asks for."""

import zipfile
from pathlib import Path
from typing import Any, Self

import torch

from speech_decoding.speech.checkpoints.errors import CheckpointError, shortened


class Inert:
    """Stands for an object of any class but torch's: keeps what the file says, does nothing.

    fairseq's files hold settings as argparse namespaces, omegaconf containers and enumerations. The
    classes themselves are neither needed nor imported: `plain` turns their remains into plain data.
    """

    def __new__(cls, *arguments: object) -> Self:
        instance = super().__new__(cls)
        instance._called_with = arguments
        return instance

    def __init__(self, *_: object):
        pass


def read_torch_file(path: str | Path) -> Any:
    """What a file of `torch.save` holds: plain data, tensors, and `Inert` for all other objects.

    Tensors of the zip format (torch 1.6 and later) are mapped from the file and cost memory only
    when they are used, so that optimiser states beside the weights cost none. Raises
    CheckpointError where the file is missing, cut or not of this kind.
    """
    path = Path(path)
    mapped = path.is_file() and zipfile.is_zipfile(path)
    try:
        names = (
            torch.serialization.get_unsafe_globals_in_checkpoint(path)
            if mapped
            else ["argparse.Namespace"]  # the old format cannot be searched for names beforehand
        )
        with torch.serialization.safe_globals([(Inert, name) for name in names]):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # damaged pickles raise nearly anything
        raise CheckpointError(
            path, expected="a complete file of torch.save", found=shortened(error)
        ) from error


def plain(value: Any) -> Any:
    """`value` with every `Inert` in it replaced by the data that it carries.

    An omegaconf container becomes the dict or list in its `_content`, a node its `_val`, an
    enumeration's member its value, and a namespace the dict of its entries.
    """
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if not isinstance(value, Inert):
        return value
    state = dict(vars(value))
    called_with = state.pop("_called_with")
    for carrier in ("_content", "_val"):
        if carrier in state:
            return plain(state[carrier])
    if not state and len(called_with) == 1:
        return plain(called_with[0])
    return plain(state)
