"""Numbers that sum up ranks, exact in the presence of ties, and the chance of reaching them."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom

from speech_decoding.evaluation.ranks import RankTable

PERMUTATIONS = 9999
_PERMUTATION_SEED = 2208
_AT_ONCE = 2**20  # candidates of all permutations that are held at once


def hits(ranks: RankTable, k: int, candidate_count: int) -> np.ndarray:
    """Give each segment's probability of a rank of at most k, ties drawn fairly: [segments]."""
    return _over_ties(np.arange(1, candidate_count + 1) <= k, ranks)


def hits_among(ranks: RankTable, k: int, candidate_count: int, size: int) -> np.ndarray:
    """Give the same if the candidates were the right one and size - 1 random others of them.

    The expectation over all such draws is exact: of the others that rank higher, as many are drawn
    as the hypergeometric distribution tells.
    """
    higher = np.arange(candidate_count)  # candidates that rank higher, for each rank
    chance = hypergeom.cdf(k - 1, candidate_count - 1, higher, size - 1)
    return _over_ties(chance, ranks)


def reciprocal_ranks(ranks: RankTable, candidate_count: int) -> np.ndarray:
    """Give each segment's expected 1 / rank, ties drawn fairly: [segments]."""
    return _over_ties(1 / np.arange(1, candidate_count + 1), ranks)


def summarise(
    ranks: RankTable, candidate_count: int, *, top_k: Sequence[int]
) -> dict[str, float | int | None]:
    """Summarise the ranks of segments among `candidate_count` candidates (protocol 8.1).

    Segments that a level does not ask for do not count.

    Returns: n, how many count; top-k accuracies in [0, 1], median rank and mean reciprocal rank,
    None if none counts. Ties are drawn fairly, and share their mean rank in the median.
    """
    asked = ranks.tied > 0
    counted = RankTable(ranks.rank[asked], ranks.tied[asked])
    values = {f"top{k}": hits(counted, k, candidate_count) for k in top_k}
    values["mean_reciprocal_rank"] = reciprocal_ranks(counted, candidate_count)
    summary = {name: float(value.mean()) if asked.any() else None for name, value in values.items()}
    median = float(np.median(counted.rank)) if asked.any() else None
    return {"n": int(asked.sum()), **summary, "median_rank": median}


def permutation_p_value(
    best: np.ndarray, target: np.ndarray, blocks: Sequence[np.ndarray], *, k: int | None = None
) -> float:
    """Test the top-k accuracy against exchanging the candidates' names, as `permuted_hits` does.

    Parameters: best [segments, at least k], positions of the best candidates; target [segments];
    blocks, of candidates; k, all of `best` if None.
    Returns: the share of 9999 permutations, and the truth itself, that do as well as the truth.
    """
    truth, permuted = permuted_hits(best[:, :k], target, blocks)
    return float((1 + (permuted >= truth).sum()) / (1 + len(permuted)))


def smallest_p_value(blocks: Sequence[np.ndarray]) -> float:
    """Give the probability that a permutation leaves every name in its place, or 1 in 10 000."""
    arrangements = math.factorial(len(blocks) - 1) * sum(map(len, blocks))
    return max(1 / arrangements, 1 / (1 + PERMUTATIONS))


def permuted_hits(
    best: np.ndarray,
    target: np.ndarray,
    blocks: Sequence[np.ndarray],
    *,
    permutations: int = PERMUTATIONS,
) -> tuple[int, np.ndarray]:
    """Count the segments found among their `best`: in truth, and with exchanged names.

    Neighbouring windows overlap, and a run of luck is no finding: names keep their neighbours. The
    blocks of the test are put one after the other in a random order, turned by a random number of
    candidates, and each candidate gets the name that has come to lie in its place. All listeners of
    a segment stay together, and do not count as independent.

    Parameters: best [segments, k] and target [segments], positions of candidates; blocks, the
    candidates of each block in the order of time, each candidate once.
    """
    generator = np.random.default_rng(_PERMUTATION_SEED)
    heard = np.concatenate(blocks)
    count = len(heard)
    # found[i, j]: how often candidate j was among the k best of listeners of segment i
    found = np.zeros((count, count), dtype=np.int64)
    np.add.at(found, (np.repeat(target, best.shape[1]), best.ravel()), 1)
    found, rows = found[np.ix_(heard, heard)], np.arange(count)
    lengths = np.array([len(block) for block in blocks])
    orders = generator.permuted(np.tile(np.arange(len(blocks)), (permutations, 1)), axis=1)
    turns = generator.integers(count, size=(permutations, 1))
    permuted = []
    step = max(_AT_ONCE // count, 1)
    for first in range(0, permutations, step):
        order, turn = orders[first : first + step], turns[first : first + step]
        names = _put_in_order(order, lengths)
        names = np.take_along_axis(names, (rows + turn) % count, axis=1)
        permuted.append(found[rows, names].sum(axis=1))
    return int(np.trace(found)), np.concatenate(permuted)


def _put_in_order(order: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Put blocks one after the other: positions [permutations, sum of lengths].

    Parameters: order [permutations, blocks]; lengths [blocks], of blocks that lay in sequence.
    """
    begins, ordered = np.cumsum(lengths) - lengths, lengths[order]
    moved = begins[order] - (np.cumsum(ordered, axis=1) - ordered)
    count = int(lengths.sum())
    return np.repeat(moved.ravel(), ordered.ravel()).reshape(-1, count) + np.arange(count)


def _over_ties(value_of_rank: np.ndarray, ranks: RankTable) -> np.ndarray:
    """Average `value_of_rank` [candidates] over the ranks that each segment's ties could take."""
    better = np.round(ranks.rank - (ranks.tied + 1) / 2).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(value_of_rank, dtype=np.float64)])
    return (total[better + ranks.tied] - total[better]) / ranks.tied
