"""Retrieval: find, among all unique test segments, the one that was heard (REFERENCE 8.1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from speech_decoding.decoder.losses import clip_scores
from speech_decoding.segments.store import SegmentStore

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 256
LARGEST_K = 10


@dataclass(frozen=True)
class Retrieval:
    """The outcome for every test segment.

    rows [segments]: row numbers in the store; candidates [candidates]: the rows whose speech stands
    for each unique segment; target [segments]: position of the right candidate; rank [segments]:
    its rank, 1 for the best, ties sharing their mean rank; best [segments, 10]: positions of the
    ten best candidates, best first; probability [segments]: softmax over candidates, of the right
    one.
    """

    rows: np.ndarray
    candidates: np.ndarray
    target: np.ndarray
    rank: np.ndarray
    best: np.ndarray
    probability: np.ndarray


def unique_segments(segments: "pd.DataFrame", rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the unique test segments: same word index and same text of the sequence.

    Parameters: segments, the table; rows, the test segments in canonical order.
    Returns: candidates, the row in which each unique segment occurs first, and target
    [len(rows)], the position of each row's own segment among them.
    """
    keys = segments.iloc[rows][["word_index", "sequence_text"]]
    target = keys.groupby(["word_index", "sequence_text"], sort=False).ngroup().to_numpy()
    first = np.unique(target, return_index=True)[1]
    return rows[first], target


@torch.no_grad()
def retrieve(model: nn.Module, store: SegmentStore) -> Retrieval:
    """Rank every unique test segment for every test segment of the store.

    Test segments without a word just after their onset have no identity and are left out.
    """
    model.eval()
    test = store.rows("test")
    rows = test[store.segments["word"].iloc[test].notna().to_numpy()]
    candidates, target = unique_segments(store.segments, rows)
    targets = torch.tensor(target, device=store.device)

    ranks, bests, probabilities = [], [], []
    for first in range(0, len(rows), _BATCH):
        chosen = torch.from_numpy(rows[first : first + _BATCH]).to(store.device)
        estimates = model(
            store.brain(chosen), store.subject_index[chosen], store.layout_index[chosen]
        )
        scores = torch.cat(
            [
                clip_scores(estimates, store.speech(torch.from_numpy(part).to(store.device)))
                for part in np.split(candidates, range(_BATCH, len(candidates), _BATCH))
            ],
            dim=1,
        )  # [batch, candidates]
        own = scores.gather(1, targets[first : first + _BATCH, None])
        ties = (scores == own).sum(dim=1) - 1
        ranks.append(1 + (scores > own).sum(dim=1) + ties / 2)
        bests.append(scores.argsort(dim=1, descending=True, stable=True)[:, :LARGEST_K])
        probabilities.append((own - scores.logsumexp(dim=1, keepdim=True)).exp()[:, 0])
    return Retrieval(
        rows,
        candidates,
        target,
        torch.cat(ranks).cpu().numpy(),
        torch.cat(bests).cpu().numpy(),
        torch.cat(probabilities).cpu().numpy(),
    )
