"""Retrieval: find, among all unique test segments, the one that was heard (protocol 8.1)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from speech_decoding.dataset.store import SegmentStore
from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.evaluation.levels import AmongAll, Level, Ranks
from speech_decoding.evaluation.ranks import SEGMENTS, RankTable

if TYPE_CHECKING:
    import pandas as pd

# Estimates per block: few enough for their memory, 0.7 GB of 1024 x 343 values each, and enough for
# the product to run at full speed.
BATCH = 512
LARGEST_K = 10


@dataclass(frozen=True)
class Retrieval:
    """The outcome for every test segment.

    ranks, of each level: the ranks [segments]; best [segments, 10]: positions of the ten best
    candidates, best first; probability [segments]: softmax over candidates, of the right one.
    """

    ranks: dict[str, RankTable]
    best: np.ndarray
    probability: np.ndarray


def rows_with_word(segments: "pd.DataFrame") -> np.ndarray:
    """Give the test segments with a word just after their onset; others have no identity."""
    return np.flatnonzero((segments["split"] == "test") & segments["word"].notna())


@torch.no_grad()
def estimate(
    model: nn.Module,
    store: SegmentStore,
    rows: np.ndarray,
    *,
    brain: Callable[[Tensor], Tensor] | None = None,
    brain_rows: np.ndarray | None = None,
    batch: int = BATCH,
) -> Iterator[Tensor]:
    """Decode segments block by block: estimates [batch, features, time].

    Parameters: rows, of the store; brain, gives the windows of some rows, the store's own if None;
    brain_rows, the rows whose windows stand in for those of `rows`, if any do.
    """
    model.eval()
    windows = brain or store.brain
    for first in range(0, len(rows), batch):
        part = slice(first, first + batch)
        own = torch.tensor(rows[part])
        heard = own if brain_rows is None else torch.tensor(brain_rows[part])
        yield model(windows(heard), store.subject_index[own], store.layout_index[own])


@torch.no_grad()
def retrieve(
    estimates: Iterable[Tensor],
    candidates: CandidateSpeech,
    target: np.ndarray,
    levels: Mapping[str, Level] | None = None,
) -> Retrieval:
    """Rank all candidates for every estimate, in matrix products over blocks.

    Parameters: estimates, blocks [batch, features, time], in the order of `target` [segments], the
    positions of the right candidates; levels, what is ranked, by name; only the segment if None.
    """
    levels = levels or {SEGMENTS: AmongAll()}
    ranks: dict[str, list[Ranks]] = {name: [] for name in levels}
    bests, probabilities, first = [], [], 0
    for block in estimates:
        scores = candidates.scores(block)  # [batch, candidates]
        own = torch.tensor(target[first : first + len(block)], device=scores.device)
        first += len(block)
        for name, level in levels.items():
            ranks[name].append(level.rank(scores, own))
        bests.append(find_best(scores))
        own_score = scores.gather(1, own[:, None])[:, 0]
        probabilities.append((own_score - scores.logsumexp(dim=1)).exp())
    return Retrieval(
        {name: _join(blocks) for name, blocks in ranks.items()},
        torch.cat(bests).cpu().numpy(),
        torch.cat(probabilities).cpu().numpy(),
    )


def find_best(scores: Tensor) -> Tensor:
    """Find the ten best candidates of each row, best first: positions [batch, at most 10].

    Those that tie come in order, so that the outcome does not depend on the machine.
    """
    count = min(LARGEST_K, scores.shape[1])
    value, best = scores.topk(count, dim=1)
    tied = (scores >= value[:, -1:]).sum(dim=1) > count
    tied |= (value[:, 1:] == value[:, :-1]).any(dim=1)
    # Sorting whole rows takes thirty times as long, and ties are rare.
    best[tied] = scores[tied].argsort(dim=1, descending=True, stable=True)[:, :count]
    return best


def _join(blocks: Sequence[Ranks]) -> RankTable:
    rank, tied = (torch.cat(parts).cpu().numpy() for parts in zip(*blocks, strict=True))
    return RankTable(rank.astype(np.float64), tied.astype(np.int64))
