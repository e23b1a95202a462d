"""How much the check computes: what a card is asked in minutes, or enough to prove the check."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tests.gpu.variants import VARIANTS


@dataclass(frozen=True)
class Scale:
    """Sizes of what is computed.

    recordings of `minutes` each in the full store, and few_recordings where its size does not
    matter; batch, segments in it; decoder, settings that differ from the published ones; warm and
    repeats, calls before and during a timing; product, rows and columns of the matrices that tell
    the ceilings; copied_mib, of the buffers that tell the rate of copies; channels, of the
    prototypes' convolutions; estimates and candidates, of the retrieval; audio_s and layers, of
    the embedding; variants, by name; compiled, the precisions in which steps are compiled;
    trains_compiled, whether a training is, too.
    """

    recordings: int = 196
    few_recordings: int = 8
    minutes: int = 17
    batch: int = 256
    decoder: dict[str, Any] = field(default_factory=dict)
    warm: int = 3
    repeats: int = 20
    product: int = 8192
    copied_mib: int = 1024
    channels: int = 320
    estimates: int = 10_000
    candidates: int = 1400
    audio_s: float = 20.0
    layers: int = 24
    variants: tuple[str, ...] = tuple(VARIANTS)
    compiled: tuple[str, ...] = ("bfloat16", "float32")
    trains_compiled: bool = True

    @property
    def device(self) -> torch.device:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")


FULL = Scale()
# Its store has more than 2^31 numbers, too.
QUICK = replace(FULL, recordings=90, repeats=8)
SMALL = Scale(
    recordings=4,
    few_recordings=2,
    minutes=1,
    batch=4,
    decoder={"hidden": 8, "virtual_channels": 6, "depth": 2},
    warm=1,
    repeats=1,
    product=128,
    copied_mib=1,
    channels=4,
    estimates=6,
    candidates=12,
    audio_s=1.0,
    layers=1,
    variants=("published", "bfloat16", "half precision storage"),
    compiled=("float32",),
    trains_compiled=False,
)
