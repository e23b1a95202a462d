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
# A log ratio of probabilities whose exponential, summed over candidates, is still a number.
_LARGEST_LOG = 600.0
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


class AmongPool:
    """The right segment among a pool of candidates that depends on it, such as those of its story.

    Args:
        pool: [candidates], which pool each is looked for in.
        members: [pools, candidates], whether a candidate is in a pool.
    """

    def __init__(self, pool: np.ndarray, members: np.ndarray, device: torch.device):
        self._pool = torch.from_numpy(pool).to(device)
        self._outside = ~torch.from_numpy(members).to(device)

    def rank(self, scores: Tensor, target: Tensor) -> Ranks:
        own = scores.gather(1, target[:, None])
        return _rank(scores.masked_fill(self._outside[self._pool[target]], -torch.inf), own)


class Named:
    """The right name, where several candidates bear one: their probabilities are summed.

    The sums are taken relative to that of the right name, so that probabilities too small to be
    numbers are still compared.

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
        scores, name = scores.double(), self._name[target, None]
        own = scores.masked_fill(self._name != name, -torch.inf).logsumexp(dim=1, keepdim=True)
        ratio = (scores - own).clamp(max=_LARGEST_LOG).exp() @ self._membership
        # Sums that differ by the order of their terms alone tie.
        ratio = (ratio.log() * _RESOLUTION).round()
        return _rank(ratio, ratio.gather(1, name))


def _rank(scores: Tensor, own: Tensor) -> Ranks:
    """Rank `own` [batch, 1] among `scores` [batch, n], of which it is one."""
    better = (scores > own).sum(dim=1)
    tied = (scores == own).sum(dim=1)
    return better + (tied + 1) / 2, tied


def _only(asked: Tensor, ranks: Ranks) -> Ranks:
    rank, tied = ranks
    return torch.where(asked, rank, torch.nan), torch.where(asked, tied, 0)
