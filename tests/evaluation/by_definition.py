"""Metrics written as their definitions say, one pair of segment and candidate after the other."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations


def possible_ranks(scores: Sequence[float], target: int) -> list[int]:
    """Every rank that the target can get in a fair draw among those that tie with it."""
    better = sum(score > scores[target] for score in scores)
    tied = sum(score == scores[target] for score in scores)
    return [better + place for place in range(1, tied + 1)]


def expected(value: Callable[[int], Fraction], scores: Sequence[float], target: int) -> Fraction:
    """The mean of `value(rank)` over the ranks that the target can get."""
    ranks = possible_ranks(scores, target)
    return sum((Fraction(value(rank)) for rank in ranks), Fraction(0)) / len(ranks)


def found_among(scores: Sequence[float], target: int, k: int, size: int) -> Fraction:
    """The mean top-k accuracy over every set of the target and `size` - 1 other candidates."""
    others = [place for place in range(len(scores)) if place != target]
    sets = list(combinations(others, size - 1))
    hits = [
        expected(
            lambda rank: Fraction(rank <= k), [scores[target], *(scores[o] for o in chosen)], 0
        )
        for chosen in sets
    ]
    return sum(hits, Fraction(0)) / len(sets)
