"""How far a training has come."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class Epoch:
    """One line of the training history: losses are means over batches.

    valid_top10: share of the validation segments whose speech is among the ten best of their batch.
    """

    epoch: int
    updates: int
    train_loss: float
    valid_loss: float
    valid_top10: float


@dataclass
class Progress:
    """What a training knows besides the parameters and the optimiser.

    epoch, the current one, from 1; updates made in it, and their losses [updates per epoch];
    history, of the epochs before; best_epoch, that of the lowest validation loss, 0 for none yet;
    best_state, the state of decoder and loss then.
    """

    losses: Tensor
    best_state: dict[str, Tensor]
    epoch: int = 1
    updates: int = 0
    history: tuple[Epoch, ...] = ()
    best_epoch: int = 0
    best_loss: float = np.inf

    def state(self) -> dict[str, Any]:
        """Give everything as tensors and plain values."""
        return {**vars(self), "history": [asdict(epoch) for epoch in self.history]}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Progress":
        """Give back the progress of which `state` was given."""
        return cls(**{**state, "history": tuple(Epoch(**epoch) for epoch in state["history"])})
