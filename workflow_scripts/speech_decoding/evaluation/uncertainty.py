"""How sure a number is: intervals over sentences, and tests over subjects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
_DRAWS = 2000
_SEED = 2208
# Up to this many subjects, all assignments of signs are tried.
_EXACT_UP_TO = 12


def bootstrap_interval(
    values: np.ndarray, sentences: "np.ndarray | pd.Series", *, level: float = LEVEL
) -> tuple[float, float] | None:
    """Give the interval of the mean of `values` if other sentences had been heard.

    Sentences are drawn with replacement, each with all its segments and listeners, because these
    are not independent of each other.

    Parameters: values [segments]; sentences [segments], which one each belongs to.
    Returns: the percentiles that hold `level` of 2000 draws, None for fewer than two sentences.
    """
    names, position = np.unique(np.asarray(sentences, dtype=str), return_inverse=True)
    if len(names) < 2:
        return None
    totals = np.bincount(position, weights=values)  # [sentences]
    counts = np.bincount(position)
    weights = draw_weights(len(names))
    means = (weights @ totals) / (weights @ counts)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def draw_weights(count: int) -> np.ndarray:
    """Draw how often each of `count` sentences is taken: [draws, count], always the same."""
    generator = np.random.default_rng(_SEED)
    return generator.multinomial(count, np.full(count, 1 / count), size=_DRAWS)


def signed_rank_p_value(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Compare two experiments over the subjects that both have (REFERENCE 8.5).

    Parameters: one and other, a value per subject.
    Returns: the p-value of a two-sided Wilcoxon signed-rank test; None without a common subject.
    With up to 12 subjects all assignments of signs are tried, also where differences tie; for more
    it is scipy's choice. Subjects without a difference do not count; with fewer than two others
    the value is 1.
    """
    subjects = sorted(one.keys() & other.keys())
    if not subjects:
        return None
    # Means over equal segments in another order differ by rounding alone.
    difference = np.round([one[subject] - other[subject] for subject in subjects], 12)
    difference = difference[difference != 0]
    if len(difference) < 2:
        return 1.0
    exact = stats.PermutationMethod(n_resamples=2**_EXACT_UP_TO)
    method = exact if len(difference) <= _EXACT_UP_TO else "auto"
    return float(stats.wilcoxon(difference, method=method).pvalue)
