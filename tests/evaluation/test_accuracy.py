"""Every metric against its definition, with ties, repeated segments and missing subjects."""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speech_decoding.evaluation.accuracy import (
    hits,
    hits_among,
    permutation_p_value,
    permuted_hits,
    reciprocal_ranks,
    smallest_p_value,
    summarise,
)
from speech_decoding.evaluation.grouping import story_pools
from speech_decoding.evaluation.levels import AmongAll, AmongMatched, AmongPool, AmongSubset, Named
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
def test_permutations_move_names_in_whole_blocks(seed):
    random = np.random.default_rng(seed)
    blocks, k = [np.array([3, 0]), np.array([4]), np.array([1, 5, 2])], 2
    target = random.integers(0, 6, 12)
    best = np.array([random.permutation(6)[:k] for _ in target])
    truth, permuted = permuted_hits(best, target, blocks, permutations=20)
    assert truth == sum(own in row for own, row in zip(target, best, strict=True))
    again = np.random.default_rng(2208)  # the seed is fixed, so that reports do not change
    orders = again.permuted(np.tile(np.arange(3), (20, 1)), axis=1)
    for value, order, turn in zip(permuted, orders, again.integers(6, size=20), strict=True):
        names = [name for block in order for name in blocks[block].tolist()]
        names = names[turn:] + names[:turn]
        name = dict(zip([3, 0, 4, 1, 5, 2], names, strict=True))
        assert value == sum(name[own] in row for own, row in zip(target, best, strict=True))


def test_p_value_of_a_perfect_and_of_a_constant_decoder():
    target, blocks = np.repeat(np.arange(30), 4), np.split(np.arange(30), 10)
    perfect = (target[:, None] + np.arange(3)) % 30
    assert permutation_p_value(perfect, target, blocks, k=1) == 1e-4
    constant = np.tile(np.arange(3), (len(target), 1))
    assert permutation_p_value(constant, target, blocks) == 1.0


def test_few_blocks_leave_no_small_p_value():
    target = np.repeat(np.arange(30), 4)
    for count, smallest in ((1, 1 / 30), (3, 1 / 60), (6, 1 / 3600), (30, 1e-4)):
        blocks = np.array_split(np.arange(30), count)
        assert smallest_p_value(blocks) == pytest.approx(smallest)
        p_value = permutation_p_value(target[:, None], target, blocks)
        assert p_value == pytest.approx(smallest, rel=0.1, abs=4e-4)


def overlapping(random, blocks, features=16, width=10):
    """White noise over windows that overlap with their neighbours, not across blocks."""
    draws = [random.standard_normal((len(block) + width - 1, features)) for block in blocks]
    sums = [np.cumsum(np.vstack([np.zeros(features), draw]), axis=0) for draw in draws]
    return np.concatenate([total[width:] - total[:-width] for total in sums])


@pytest.mark.parametrize("lengths", [[21, 19, 30, 63, 47, 57], [18] * 7])
def test_luck_with_overlapping_windows_is_no_finding(lengths):
    """Permutations of single windows would give p of at most 0.01 to some 10 % of these."""
    random = np.random.default_rng(len(lengths))
    blocks = np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1])
    p_values = []
    for _ in range(200):
        speech = overlapping(random, blocks)
        found = [
            np.argpartition(-overlapping(random, blocks) @ speech.T, 10, axis=1)[:, :10]
            for _ in range(4)  # listeners
        ]
        target = np.tile(np.arange(len(speech)), 4)
        truth, permuted = permuted_hits(np.concatenate(found), target, blocks, permutations=199)
        p_values.append((1 + (permuted >= truth).sum()) / 200)
    assert np.mean(np.array(p_values) <= 0.01) <= 0.03
    assert np.mean(np.array(p_values) <= 0.05) <= 0.10


def by_logs(names, scores, target):
    """Scores and target of names, with probabilities as exact decimals of any size."""
    with localcontext() as context:
        context.prec, context.Emin = 60, -(10**9)
        context.Emax = 10**9
        unique = list(dict.fromkeys(names))
        sums = [
            sum(
                Decimal(score).exp()
                for score, own in zip(scores, names, strict=True)
                if own == name
            )
            for name in unique
        ]
        return [round(float(total.ln()), 6) for total in sums], unique.index(names[target])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-20000, 20000), min_size=COUNT, max_size=COUNT),
    st.lists(st.sampled_from("abcd"), min_size=COUNT, max_size=COUNT),
    st.integers(0, COUNT - 1),
)
@example([0, -900, -1800, -900, -5000, -2700], list("abcbda"), 4)
def test_names_are_ranked_however_improbable_they_are(scores, names, target):
    """Where logits lie more than 745 apart, the difference's exponential is 0."""
    ranks = ranked(Named(names, CPU), np.array([scores], np.float32), np.array([target]))
    possible = possible_ranks(*by_logs(names, scores, target))
    assert ranks.rank[0] == np.mean(possible) and ranks.tied[0] == len(possible)


@settings(deadline=None, max_examples=40)
@given(problems(), st.lists(st.sets(st.sampled_from("st"), min_size=1), min_size=6, max_size=6))
def test_a_segment_is_ranked_within_its_stories(problem, heard_in):
    scores, target = problem
    rows = [(own, story) for own, stories in enumerate(heard_in) for story in sorted(stories)]
    pools = story_pools(*(np.array(column) for column in zip(*rows, strict=True)))
    ranks = ranked(AmongPool(*pools, CPU), scores, target)
    for row, own in enumerate(target):
        inside = [place for place in range(COUNT) if heard_in[place] & heard_in[own]]
        possible = possible_ranks(scores[row, inside].tolist(), inside.index(own))
        assert ranks.rank[row] == np.mean(possible) and ranks.tied[row] == len(possible)
