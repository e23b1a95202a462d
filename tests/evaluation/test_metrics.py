"""Every metric against its definition, with ties, repeated segments and missing subjects."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.evaluation.levels import AmongAll, AmongMatched, AmongSubset, Named
from speech_decoding.evaluation.metrics import (
    hits,
    hits_among,
    permutation_p_value,
    permuted_hits,
    reciprocal_ranks,
    summarise,
)
from speech_decoding.evaluation.ranks import RankTable
from speech_decoding.evaluation.retrieval import find_best
from tests.evaluation.by_definition import expected, found_among, possible_ranks

CPU = torch.device("cpu")
COUNT = 6


@st.composite
def problems(draw, count=COUNT):
    """Scores with many ties, and targets of which several are the same."""
    segments = draw(st.integers(1, 8))
    row = st.lists(st.integers(-2, 2), min_size=count, max_size=count)
    scores = draw(st.lists(row, min_size=segments, max_size=segments))
    targets = st.lists(st.integers(0, count - 1), min_size=segments, max_size=segments)
    return np.array(scores, np.float32), np.array(draw(targets))


def ranked(level, scores, target):
    rank, tied = level.rank(torch.from_numpy(scores), torch.from_numpy(target))
    return RankTable(rank.numpy().astype(float), tied.numpy())


@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(1, COUNT))
def test_accuracy_and_reciprocal_rank(problem, k):
    scores, target = problem
    ranks = ranked(AmongAll(), scores, target)
    pairs = list(zip(scores.tolist(), target.tolist(), strict=True))
    by_hand = [float(expected(lambda rank: rank <= k, *pair)) for pair in pairs]
    assert hits(ranks, k, COUNT) == pytest.approx(by_hand)
    by_hand = [float(expected(lambda rank: Fraction(1, rank), *pair)) for pair in pairs]
    assert reciprocal_ranks(ranks, COUNT) == pytest.approx(by_hand)
    summary = summarise(ranks, COUNT, top_k=[k])
    assert summary["n"] == len(scores)
    mean_ranks = [np.mean(possible_ranks(*pair)) for pair in pairs]
    assert summary["median_rank"] == np.median(mean_ranks)


@settings(deadline=None, max_examples=60)
@given(problems(count=13))
def test_the_best_are_the_first_of_those_that_tie(problem):
    best = find_best(torch.from_numpy(problem[0]))
    by_hand = [sorted(range(13), key=lambda place: (-row[place], place))[:10] for row in problem[0]]
    assert best.tolist() == by_hand


@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(1, 4), st.integers(1, COUNT))
def test_smaller_sets_are_the_mean_of_all_draws(problem, k, size):
    scores, target = problem
    found = hits_among(ranked(AmongAll(), scores, target), k, COUNT, size)
    by_hand = [
        float(found_among(row, own, k, size))
        for row, own in zip(scores.tolist(), target.tolist(), strict=True)
    ]
    assert found == pytest.approx(by_hand)


@settings(deadline=None, max_examples=60)
@given(problems(), st.lists(st.sampled_from("abc"), min_size=COUNT, max_size=COUNT))
def test_words_are_ranked_by_the_sums_of_their_probabilities(problem, words):
    scores, target = problem
    level = Named(words, CPU)
    ranks = ranked(level, scores, target)
    names = list(dict.fromkeys(words))
    assert level.count == len(names)
    for row, (own_scores, own) in enumerate(zip(scores.tolist(), target.tolist(), strict=True)):
        weights = np.exp(own_scores)
        total = [
            sum(weight for weight, word in zip(weights, words, strict=True) if word == name)
            for name in names
        ]
        total = np.round(np.log(np.array(total) / weights.sum()), 6).tolist()
        possible = possible_ranks(total, names.index(words[own]))
        assert ranks.rank[row] == np.mean(possible)
        assert ranks.tied[row] == len(possible)


@settings(deadline=None, max_examples=60)
@given(problems(), st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_a_subset_is_ranked_by_itself(problem, members):
    scores, target = problem
    members = np.array(sorted(members))
    ranks = ranked(AmongSubset(members, COUNT, CPU), scores, target)
    for row, own in enumerate(target):
        if own not in members:
            assert np.isnan(ranks.rank[row]) and ranks.tied[row] == 0
            continue
        place = members.tolist().index(own)
        possible = possible_ranks(scores[row, members].tolist(), place)
        assert ranks.rank[row] == np.mean(possible) and ranks.tied[row] == len(possible)
    asked = np.isin(target, members)
    summary = summarise(ranks, len(members), top_k=[1])
    assert summary["n"] == asked.sum()
    assert (summary["top1"] is None) == (not asked.any())


@settings(deadline=None, max_examples=40)
@given(problems())
def test_matched_candidates_are_ranked_against_their_rivals(problem):
    scores, target = problem
    rivals = np.array([[(own + step) % COUNT for step in (1, 3)] for own in range(COUNT)])
    ranks = ranked(AmongMatched(rivals, CPU), scores, target)
    for row, own in enumerate(target):
        possible = possible_ranks(scores[row, [own, *rivals[own]]].tolist(), 0)
        assert ranks.rank[row] == np.mean(possible) and ranks.tied[row] == len(possible)


def test_a_decoder_that_finds_all_alike_is_at_chance():
    ranks = ranked(AmongAll(), np.zeros((3, 40), np.float32), np.array([0, 20, 39]))
    assert summarise(ranks, 40, top_k=[10])["top10"] == pytest.approx(0.25)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_permutations_exchange_names_of_unique_segments(seed):
    random = np.random.default_rng(seed)
    count, k = 5, 2
    target = random.integers(0, count, 12)
    best = np.array([random.permutation(count)[:k] for _ in target])
    truth, permuted = permuted_hits(best, target, count, permutations=20)
    assert truth == sum(own in row for own, row in zip(target, best, strict=True))
    again = np.random.default_rng(2208)  # the seed is fixed, so that reports do not change
    for value in permuted:
        name = again.permutation(count)
        assert value == sum(name[own] in row for own, row in zip(target, best, strict=True))


def test_p_value_of_a_perfect_and_of_a_constant_decoder():
    target = np.repeat(np.arange(30), 4)
    perfect = (target[:, None] + np.arange(3)) % 30
    assert permutation_p_value(perfect, target, 30, k=1) == 1e-4
    constant = np.tile(np.arange(3), (len(target), 1))
    assert permutation_p_value(constant, target, 30) == 1.0
