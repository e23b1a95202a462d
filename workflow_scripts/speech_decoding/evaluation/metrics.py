"""Numbers that sum up ranks, exact in the presence of ties, and the chance of reaching them."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom

from speech_decoding.evaluation.ranks import RankTable

_PERMUTATIONS = 9999
_PERMUTATION_SEED = 2208


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
    """Summarise the ranks of segments among `candidate_count` candidates (REFERENCE 8.1).

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
    best: np.ndarray, target: np.ndarray, candidate_count: int, *, k: int | None = None
) -> float:
    """Test the top-k accuracy against exchanging the candidates' names.

    Names are exchanged between unique segments, so that all listeners of one segment stay together
    and the test does not count them as independent.

    Parameters: best [segments, at least k], positions of the best candidates; target [segments];
    k, all of `best` if None.
    Returns: the share of 9999 permutations, and the truth itself, that do as well as the truth.
    """
    truth, permuted = permuted_hits(best[:, :k], target, candidate_count)
    return float((1 + (permuted >= truth).sum()) / (1 + len(permuted)))


def permuted_hits(
    best: np.ndarray,
    target: np.ndarray,
    candidate_count: int,
    *,
    permutations: int = _PERMUTATIONS,
) -> tuple[int, np.ndarray]:
    """Count the segments found among their `best`: in truth, and with exchanged names."""
    generator = np.random.default_rng(_PERMUTATION_SEED)
    # found[i, j]: how often candidate j was among the k best of listeners of segment i
    found = np.zeros((candidate_count, candidate_count), dtype=np.int64)
    np.add.at(found, (np.repeat(target, best.shape[1]), best.ravel()), 1)
    rows = np.arange(candidate_count)
    permuted = [
        found[rows, generator.permutation(candidate_count)].sum() for _ in range(permutations)
    ]
    return int(np.trace(found)), np.array(permuted)


def _over_ties(value_of_rank: np.ndarray, ranks: RankTable) -> np.ndarray:
    """Average `value_of_rank` [candidates] over the ranks that each segment's ties could take."""
    better = np.round(ranks.rank - (ranks.tied + 1) / 2).astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(value_of_rank, dtype=np.float64)])
    return (total[better + ranks.tied] - total[better]) / ranks.tied
