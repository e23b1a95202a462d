"""Intervals and tests against loops over their definitions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from speech_decoding.evaluation.uncertainty import (
    FEWEST_SENTENCES,
    above_p_value,
    bootstrap_interval,
    count_sentences,
    draw_weights,
    signed_rank_p_value,
)

ACCURACY = st.integers(0, 4).map(lambda found: found / 4)
SUBJECTS = st.dictionaries(st.sampled_from("abcdefgh"), ACCURACY)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(ACCURACY, st.sampled_from("uvwxyz")), min_size=1, max_size=14))
def test_the_interval_draws_whole_sentences(rows):
    values = np.array([value for value, _ in rows])
    sentences = [name for _, name in rows]
    interval = bootstrap_interval(values, sentences)
    names = sorted(set(sentences))
    assert count_sentences(sentences) == len(names)
    if len(names) < FEWEST_SENTENCES:
        assert interval is None
        return
    means = []
    for weights in draw_weights(len(names)):
        drawn = [
            value
            for name, times in zip(names, weights, strict=True)
            for value, own in rows * times
            if own == name
        ]
        means.append(np.mean(drawn))
    few = np.sqrt(len(names) / (len(names) - 1)) * stats.t.ppf(0.975, len(names) - 1) / 1.959964
    edges = [values.mean() + few * (np.quantile(means, q) - values.mean()) for q in (0.025, 0.975)]
    assert interval == pytest.approx(tuple(np.clip(edges, 0, 1)), abs=1e-6)


def test_sentences_are_drawn_as_often_as_there_are():
    weights = draw_weights(7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.1)


def test_listeners_of_one_sentence_do_not_narrow_the_interval():
    values, sentences = np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array(list("abcde"))
    once = bootstrap_interval(values, sentences)
    assert bootstrap_interval(np.tile(values, 50), np.tile(sentences, 50)) == pytest.approx(once)


def listen(random, count, accuracy):
    """Segments of `count` sentences, each of 4 to 30 words and as hard as a draw says."""
    lengths = random.integers(4, 31, count) * 5  # listeners
    easy = random.beta(9 * accuracy, 9 * (1 - accuracy), count)  # a correlation of 0.1
    found = [random.random(n) < share for n, share in zip(lengths, easy, strict=True)]
    return np.concatenate(found).astype(float), np.repeat(np.arange(count), lengths)


@pytest.mark.parametrize("count", [5, 7, 10, 30])
@pytest.mark.parametrize("accuracy", [0.25, 0.6])
def test_the_interval_holds_the_mean_as_often_as_it_says(count, accuracy):
    """Without widening, 82 % of the intervals of 5 sentences hold it, and 86 % of those of 7."""
    random = np.random.default_rng(count)
    inside = 0
    for _ in range(250):
        low, high = bootstrap_interval(*listen(random, count, accuracy))
        inside += low <= accuracy <= high
    assert 0.90 <= inside / 250 <= 0.98


@pytest.mark.parametrize("count", [5, 7, 30])
def test_luck_is_above_chance_no_more_often_than_the_p_value_says(count):
    random = np.random.default_rng(count)
    p_values = [above_p_value(*listen(random, count, 0.2), 0.2) for _ in range(250)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08
    assert np.mean(np.array(p_values) <= 0.01) <= 0.025
    assert min(p_values) > 1e-4


def test_p_value_of_sentences_that_are_all_alike():
    sentences = np.repeat(np.arange(6), 3)
    assert above_p_value(np.ones(18), sentences, 0.1) == 0
    assert above_p_value(np.full(18, 0.1), sentences, 0.1) == 1
    assert above_p_value(np.ones(18), np.repeat(np.arange(3), 6), 0.1) is None
    assert above_p_value(np.arange(18) / 18, sentences, 0.1) < 0.05


@settings(deadline=None, max_examples=60)
@given(SUBJECTS, SUBJECTS)
def test_signed_ranks_of_the_subjects_that_both_have(one, other):
    p_value = signed_rank_p_value(one, other)
    common = sorted(one.keys() & other.keys())
    if not common:
        assert p_value is None
        return
    difference = [one[name] - other[name] for name in common if one[name] != other[name]]
    if not difference:
        assert p_value == 1.0
        return
    rank = stats.rankdata(np.abs(difference))
    truth = abs(sum(rank * np.sign(difference)))
    signs = list(product((-1, 1), repeat=len(difference)))
    as_far = sum(abs(sum(rank * np.array(sign))) >= truth - 1e-9 for sign in signs)
    assert p_value == pytest.approx(as_far / len(signs))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_without_ties_it_is_the_exact_test_of_scipy(seed, count):
    random = np.random.default_rng(seed)
    one = {str(place): value for place, value in enumerate(random.random(count))}
    other = {name: value + random.normal() for name, value in one.items()}
    difference = np.array([one[name] - other[name] for name in one])
    assume(len(np.unique(np.abs(difference).round(9))) == count)
    expected = stats.wilcoxon(difference, method="exact").pvalue
    assert signed_rank_p_value(one, other) == pytest.approx(expected)


def test_many_subjects():
    one = {str(place): place / 40 for place in range(27)}
    assert signed_rank_p_value(one, {name: value + 0.1 for name, value in one.items()}) < 1e-4
