"""Intervals and tests against loops over their definitions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from speech_decoding.evaluation.uncertainty import (
    bootstrap_interval,
    draw_weights,
    signed_rank_p_value,
)

ACCURACY = st.integers(0, 4).map(lambda found: found / 4)
SUBJECTS = st.dictionaries(st.sampled_from("abcdefgh"), ACCURACY)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(ACCURACY, st.sampled_from("xyz")), min_size=1, max_size=12))
def test_the_interval_draws_whole_sentences(rows):
    values = np.array([value for value, _ in rows])
    sentences = [name for _, name in rows]
    interval = bootstrap_interval(values, sentences)
    names = sorted(set(sentences))
    if len(names) < 2:
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
    assert interval == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_sentences_are_drawn_as_often_as_there_are():
    weights = draw_weights(7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.1)


def test_listeners_of_one_sentence_do_not_narrow_the_interval():
    values, sentences = np.array([0.0, 1.0, 0.0, 1.0]), np.array(list("abcd"))
    once = bootstrap_interval(values, sentences)
    assert bootstrap_interval(np.tile(values, 50), np.tile(sentences, 50)) == pytest.approx(once)


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
