"""How sure a number is: intervals over sentences, and tests over subjects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
# From fewer sentences no interval can be told.
FEWEST_SENTENCES = 5
_DRAWS = 2000
_SEED = 2208
# Up to this many subjects, all assignments of signs are tried.
_EXACT_UP_TO = 12
_NO_ERROR = 1e-12  # sums that differ by the order of their terms alone


def bootstrap_interval(
    values: np.ndarray,
    sentences: "np.ndarray | pd.Series",
    *,
    level: float = LEVEL,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float] | None:
    """Give the interval of the mean of `values` if other sentences had been heard.

    Sentences are drawn with replacement, each with all its segments and listeners, because these
    are not independent of each other. Draws from few sentences vary too little: the percentiles
    are moved away from the mean by sqrt(S / (S - 1)), and by as much as the quantile of Student's t
    with S - 1 degrees of freedom is larger than the normal one.

    Parameters: values [segments]; sentences [segments], which one each belongs to; bounds, between
    which every mean lies.
    Returns: the interval that holds the mean with probability `level`; None for fewer than five
    sentences, from which none can be told.
    """
    mean, draws, count = _draw_means(values, sentences)
    if count < FEWEST_SENTENCES:
        return None
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    widened = _few(count) * stats.t.ppf(tails[1], count - 1) / stats.norm.ppf(tails[1])
    edges = mean + (np.quantile(draws, tails) - mean) * widened
    low, high = np.clip(edges, *bounds)
    return float(low), float(high)


def above_p_value(
    values: np.ndarray, sentences: "np.ndarray | pd.Series", expected: float
) -> float | None:
    """Test whether the mean of `values` is above `expected`, over sentences.

    Parameters: values and sentences [segments], as for `bootstrap_interval`.
    Returns: the one-sided p-value of Student's t with S - 1 degrees of freedom, the standard error
    being that of the draws; None for fewer than five sentences.
    """
    mean, draws, count = _draw_means(values, sentences)
    if count < FEWEST_SENTENCES:
        return None
    error = _few(count) * draws.std()
    if error < _NO_ERROR:  # all sentences alike
        return 0.0 if mean > expected + _NO_ERROR else 1.0
    return float(stats.t.sf((mean - expected) / error, count - 1))


def count_sentences(sentences: "np.ndarray | pd.Series") -> int:
    """Count the sentences that an interval rests on."""
    return len(np.unique(np.asarray(sentences, dtype=str)))


def _draw_means(
    values: np.ndarray, sentences: "np.ndarray | pd.Series"
) -> tuple[float, np.ndarray, int]:
    """Give the mean of `values`, those of draws of sentences [draws], and their number."""
    names, position = np.unique(np.asarray(sentences, dtype=str), return_inverse=True)
    totals = np.bincount(position, weights=values)  # [sentences]
    counts = np.bincount(position)
    if len(names) < FEWEST_SENTENCES:
        return float(np.mean(values)) if len(names) else np.nan, np.empty(0), len(names)
    weights = draw_weights(len(names))
    return float(totals.sum() / counts.sum()), (weights @ totals) / (weights @ counts), len(names)


def _few(count: int) -> float:
    """Give the factor by which draws from `count` sentences vary too little."""
    return float(np.sqrt(count / (count - 1)))


def draw_weights(count: int) -> np.ndarray:
    """Draw how often each of `count` sentences is taken: [draws, count], always the same."""
    generator = np.random.default_rng(_SEED)
    return generator.multinomial(count, np.full(count, 1 / count), size=_DRAWS)


def signed_rank_p_value(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    """Compare two experiments over the subjects that both have (protocol 8.5).

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
