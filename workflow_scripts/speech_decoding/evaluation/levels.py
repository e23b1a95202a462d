"""What is ranked: segments, words, sentences, or segments among fewer candidates.

Each level turns a block of scores into the rank of the right answer. Ties share their mean rank,
and their number is kept, so that a fair draw among them can be reckoned exactly later.
"""

from collections.abc import Hashable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

# Steps of log probability that are told apart.
_RESOLUTION = 2**20
# [batch]: mean rank from 1, and how many share it, itself included; 0 where nothing was ranked.
Ranks = tuple[Tensor, Tensor]


class Level(Protocol):
    """One way of asking for the right answer."""

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        """Rank the right answers of a block.

        Parameters: scores [batch, candidates]; target [batch], positions of the right candidates.
        """
        ...


class AmongAll:
    """The right segment among all candidates."""

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        return _rank(scores, scores.gather(1, target[:, None]))


class AmongSubset:
    """The right segment among some of the candidates; others are not asked for.

    Args:
        members: [n], positions of these candidates.
        count: number of all candidates.
    """

    def __init__(self, members: np.ndarray, count: int, device: torch.device):
        self._members = torch.from_numpy(members).to(device)
        self._inside = torch.zeros(count, dtype=torch.bool, device=device)
        self._inside[self._members] = True

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        own = scores.gather(1, target[:, None])
        return _only(self._inside[target], _rank(scores[:, self._members], own))


class AmongMatched:
    """The right segment among candidates that are like it.

    Args:
        rivals: [candidates, n], positions of the candidates like each one, itself not included.
    """

    def __init__(self, rivals: np.ndarray, device: torch.device):
        self._rivals = torch.from_numpy(rivals).to(device)

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        own = scores.gather(1, target[:, None])
        rivals = scores.gather(1, self._rivals[target])
        return _rank(torch.cat([own, rivals], dim=1), own)


class Named:
    """The right name, where several candidates bear one: their probabilities are summed.

    Args:
        names: [candidates], the name of each, such as its word.
    """

    def __init__(self, names: Sequence[Hashable], device: torch.device):
        position = {name: index for index, name in enumerate(dict.fromkeys(names))}
        self.count = len(position)
        self._name = torch.tensor([position[name] for name in names], device=device)
        self._membership = torch.zeros(
            len(names), self.count, dtype=torch.float64, device=device
        ).scatter_(1, self._name[:, None], 1.0)

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        probability = scores.double().softmax(dim=1) @ self._membership
        # Sums that differ by the order of their terms alone tie.
        probability = (probability.log() * _RESOLUTION).round()
        return _rank(probability, probability.gather(1, self._name[target, None]))


def _rank(scores: Tensor, own: Tensor) -> Ranks:
    """Rank `own` [batch, 1] among `scores` [batch, n], of which it is one."""
    better = (scores > own).sum(dim=1)
    tied = (scores == own).sum(dim=1)
    return better + (tied + 1) / 2, tied


def _only(asked: Tensor, ranks: Ranks) -> Ranks:
    rank, tied = ranks
    return torch.where(asked, rank, torch.nan), torch.where(asked, tied, 0)
