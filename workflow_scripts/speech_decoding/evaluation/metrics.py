"""Numbers that sum up a retrieval, and the chance of reaching them by luck."""

from collections.abc import Sequence

import numpy as np

_PERMUTATIONS = 9999
_PERMUTATION_SEED = 2208


def summarise(rank: np.ndarray, candidate_count: int, *, top_k: Sequence[int]) -> dict[str, float]:
    """Summarise ranks [segments] among `candidate_count` candidates (REFERENCE 8.1).

    Returns: top-k accuracies in [0, 1], their chance levels, median rank and mean reciprocal rank.
    """
    summary = {f"top{k}": float((rank <= k).mean()) for k in top_k}
    summary |= {f"chance_top{k}": min(k / candidate_count, 1.0) for k in top_k}
    return summary | {
        "median_rank": float(np.median(rank)),
        "mean_reciprocal_rank": float((1 / rank).mean()),
    }


def permutation_p_value(best: np.ndarray, target: np.ndarray, candidate_count: int) -> float:
    """Test the top-k accuracy against exchanging the candidates' names.

    Names are exchanged between unique segments, so that all listeners of one segment stay together
    and the test does not count them as independent.

    Parameters: best [segments, k], positions of the k best candidates; target [segments].
    Returns: the share of 9999 permutations, and the truth itself, that do as well as the truth.
    """
    generator = np.random.default_rng(_PERMUTATION_SEED)
    # hits[i, j]: how often candidate j was among the k best of listeners of segment i
    hits = np.zeros((candidate_count, candidate_count))
    np.add.at(hits, (np.repeat(target, best.shape[1]), best.ravel()), 1)
    truth = np.trace(hits)
    rows = np.arange(candidate_count)
    reached = sum(
        hits[rows, generator.permutation(candidate_count)].sum() >= truth
        for _ in range(_PERMUTATIONS)
    )
    return float((1 + reached) / (1 + _PERMUTATIONS))
