"""The candidates of a retrieval: unique test segments, and their speech as one matrix."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from plumbing.errors import InputError
from speech_decoding.training.losses import EPSILON

if TYPE_CHECKING:
    import pandas as pd

# Candidates are held as one matrix up to this size, enough for 3000 of 1024 x 343 values; larger
# sets are cut anew, a block at a time, for every batch of estimates.
HELD_BYTES = 4 * 2**30
_BLOCK_BYTES = 512 * 2**20
# Cut at once: small enough that the allocator uses the same memory again.
_CUT_BYTES = 16 * 2**20


def segment_id(word_index: int, sequence_text: str) -> str:
    """Name a segment by what is heard: 16 hexadecimal digits, the same on every machine.

    Two segments are the same if they hold the same word of the same sequence (protocol 8.1).
    """
    identity = f"{int(word_index)}\n{sequence_text}".encode()
    return hashlib.sha256(identity).hexdigest()[:16]


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


def apart(begin_s: np.ndarray, story: np.ndarray, length_s: float) -> np.ndarray:
    """Choose as many candidates as possible of which no two windows overlap.

    Parameters: begin_s [candidates], where each window begins in its story; story [candidates];
    length_s, of a window.
    Returns: positions of the chosen ones, in order of story and time. Windows are taken from the
    earliest on, which is the largest choice where all are equally long.
    """
    chosen, end_s = [], {}
    for position in np.lexsort((begin_s, story)):
        if begin_s[position] >= end_s.get(story[position], -np.inf):
            chosen.append(position)
            end_s[story[position]] = begin_s[position] + length_s
    return np.array(chosen, dtype=np.int64)


class CandidateSpeech:
    """The speech of all candidates, normalised, ready to be multiplied with estimates.

    Args:
        cut: gives the speech [n, features, time] of the candidates at the given positions.
        count: number of candidates.
        held_bytes: keep them as one matrix if they take no more than this, else cut them anew, a
            block at a time, for each batch of estimates.
    """

    def __init__(
        self, cut: Callable[[np.ndarray], Tensor], count: int, *, held_bytes: int = HELD_BYTES
    ):
        self._cut = cut
        self.count = count
        one = cut(np.arange(1)).float()
        self._size = one[0].numel()
        self._at_once = max(1, _CUT_BYTES // (4 * self._size))
        held = 4 * self._size * count <= held_bytes
        rows = count if held else min(count, max(1, _BLOCK_BYTES // (4 * self._size)))
        self._matrix = one.new_empty(rows, self._size)  # all candidates, or one block of them
        self._held = held
        if held:
            self._fill(0)

    def scores(self, estimates: Tensor) -> Tensor:
        """Score every candidate for every estimate [batch, features, time]: [batch, candidates].

        The score is the dot product over the norm of the candidate (protocol 6).
        Raises: InputError if a score is no finite number, which nothing could be ranked by.
        """
        flat = estimates.float().flatten(1).mT  # [features * time, batch]
        # The candidates stand on the left: a processor packs the matrix on the right, the smaller
        # one, for every block of the other.
        if self._held:
            scores = self._matrix @ flat
        else:
            begins = range(0, self.count, len(self._matrix))
            scores = torch.cat([self._fill(begin) @ flat for begin in begins])
        scores = scores.mT.contiguous()
        _require_finite(scores)
        return scores

    def _fill(self, begin: int) -> Tensor:
        """Put the candidates from `begin` on into the matrix; returns the rows that are filled."""
        end = min(begin + len(self._matrix), self.count)
        for first in range(begin, end, self._at_once):
            last = min(first + self._at_once, end)
            speech = self._cut(np.arange(first, last))
            filled = self._matrix[first - begin : last - begin]
            # One by one: of matrices, not of stacks of them, PyTorch copies the transpose fast.
            for row, candidate in zip(filled, speech, strict=True):
                row.view(candidate.shape).copy_(candidate)
            filled.div_(filled.norm(dim=1, keepdim=True).add_(EPSILON))
        return self._matrix[: end - begin]


def _require_finite(scores: Tensor) -> None:
    """Raise InputError unless all scores [batch, candidates] are finite; say which side is not."""
    finite = scores.isfinite()
    if finite.all():
        return
    silent = int((~finite.any(dim=0)).sum())  # candidates without any finite score
    if silent and silent < finite.shape[1]:
        raise InputError(
            "the embedding of the test segments",
            expected="finite numbers",
            found=f"{silent} of {finite.shape[1]} segments without",
            consequence="segments cannot be ranked",
            next_step="delete the study's folder below results/*/embeddings and embed again",
        )
    raise InputError(
        "the decoder's estimates of the test segments",
        expected="finite scores",
        found=f"{int((~finite.all(dim=1)).sum())} of {len(finite)} segments without",
        consequence="segments cannot be ranked",
        next_step="train with a smaller training.clamp, or with training.precision: float32",
    )
