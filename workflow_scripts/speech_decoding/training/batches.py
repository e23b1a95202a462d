"""Which segments make up which batch, and where its spatial dropout is centred.

All of it follows from the seed and the number of the epoch alone: a training that is taken up again
needs no other memory of it, and every process knows it without asking.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

Pairing = Literal["heard", "shuffled"]

# What a random stream is for.
_ORDER, _CENTRES, _VALIDATION, _PAIRS = range(4)


class Batches:
    """The batches of a training.

    Attributes: largest, segments in a full batch; per_epoch, batches of an epoch; validation, the
    row numbers [batch] of each batch of validation segments.

    Args:
        training, validation: row numbers of the segments.
        seed: of the training.
        batch_size: segments in a batch; the last one of an epoch holds what is left.
        updates_per_epoch: at most this many batches per epoch.
        pairing: "heard", or "shuffled" to give every segment the speech of another one (a control).
    """

    def __init__(
        self,
        training: np.ndarray,
        validation: np.ndarray,
        *,
        seed: int,
        batch_size: int,
        updates_per_epoch: int,
        pairing: Pairing = "heard",
    ):
        self._training = training
        self._seed = seed
        self._batch_size = batch_size
        self._most = updates_per_epoch
        self.largest = min(batch_size, len(training))
        self.per_epoch = min(-(-len(training) // batch_size), updates_per_epoch)
        self._partner: dict[int, int] | None = None
        if pairing == "shuffled":
            generator = self._generator(_PAIRS)
            self._partner = {}
            for rows in (training, validation):
                shuffled = generator.permutation(rows)
                self._partner |= dict(zip(rows.tolist(), shuffled.tolist(), strict=True))
        self.validation = self._cut(self._generator(_VALIDATION).permutation(validation))

    def of_epoch(self, epoch: int) -> list[Tensor]:
        """Give the row numbers [batch] of each batch of an epoch, every segment at most once."""
        return self._cut(self._generator(_ORDER, epoch).permutation(self._training))

    def centres(self, epoch: int) -> Tensor:
        """Give the centre of each update's spatial dropout, [updates, 2], in the unit square."""
        centres = self._generator(_CENTRES, epoch).random((self.per_epoch, 2), dtype=np.float32)
        return torch.from_numpy(centres)

    def partners(self, rows: Tensor) -> Tensor:
        """Give the segments whose speech those in `rows` are paired with: their own, as a rule."""
        if self._partner is None:
            return rows
        return torch.tensor([self._partner[row] for row in rows.tolist()], dtype=rows.dtype)

    def _cut(self, rows: np.ndarray) -> list[Tensor]:
        return list(torch.from_numpy(rows).split(self._batch_size))[: self._most]

    def _generator(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *stream])
