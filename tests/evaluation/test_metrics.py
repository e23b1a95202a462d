"""All metrics of a study at once, from scores to groups, against their definitions."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.evaluation.grouping import story_pools
from speech_decoding.evaluation.levels import AmongAll, AmongPool, AmongSubset, Named
from speech_decoding.evaluation.metrics import column, measure
from speech_decoding.evaluation.ranks import APART, SEGMENTS, SENTENCES, WITHIN_STORY, WORDS
from speech_decoding.evaluation.retrieval import retrieve
from speech_decoding.evaluation.uncertainty import bootstrap_interval
from tests.evaluation.by_definition import expected, found_among, possible_ranks

CPU = torch.device("cpu")
COUNT, TOP_K, SIZE = 5, [1, 2], 3
GROUPS = {
    "subjects": ["subject"],
    "sessions": ["subject", "session"],
    "stories": ["story"],
    "blocks": ["story", "block"],
}


@st.composite
def studies(draw):
    """Candidates, and segments of some subjects in some blocks: scores tie and segments recur."""
    candidates = pd.DataFrame(
        {
            "word": draw(st.lists(st.sampled_from(["the", "The", "sea"]), min_size=5, max_size=5)),
            "sequence_text": draw(st.lists(st.sampled_from("xyz"), min_size=5, max_size=5)),
            "apart": draw(st.lists(st.booleans(), min_size=5, max_size=5)),
        }
    )
    segment = st.fixed_dictionaries(
        {
            "subject": st.sampled_from("abc"),
            "session": st.sampled_from("01"),
            "story": st.sampled_from("st"),
            "block": st.integers(0, 1),
            "target": st.integers(0, COUNT - 1),
            "scores": st.lists(st.integers(-1, 2), min_size=COUNT, max_size=COUNT),
        }
    )
    table = pd.DataFrame(draw(st.lists(segment, min_size=COUNT, max_size=8)))
    table.loc[: COUNT - 1, "target"] = range(COUNT)  # every candidate is heard by someone
    named = candidates.loc[table["target"], ["word", "sequence_text"]].reset_index(drop=True)
    return candidates, table.join(named).assign(place_s=3.0 * table["target"])


def evaluate(candidates, table):
    """Retrieve by the library: candidates are unit vectors, so that estimates are the scores."""
    members = np.flatnonzero(candidates["apart"])
    levels = {
        SEGMENTS: AmongAll(),
        WORDS: Named(candidates["word"].str.casefold(), CPU),
        SENTENCES: Named(candidates["sequence_text"], CPU),
        APART: AmongSubset(members, COUNT, CPU),
        WITHIN_STORY: AmongPool(
            *story_pools(table["target"].to_numpy(), table["story"].to_numpy()), CPU
        ),
    }
    speech = torch.eye(COUNT)[:, :, None]
    scores = torch.tensor(table["scores"].tolist(), dtype=torch.float32)[:, :, None]
    found = retrieve(
        scores.split(3),
        CandidateSpeech(lambda rows: speech[rows], COUNT),
        table["target"].to_numpy(),
        levels,
    )
    for level, ranks in found.ranks.items():
        table = table.assign(
            **{column(level, "rank"): ranks.rank, column(level, "tied"): ranks.tied}
        )
    table = table.assign(best=list(found.best))
    return measure(table, candidates, top_k=TOP_K, candidate_counts=[SIZE, COUNT + 1])


def summary(problems):
    """Every metric of (scores, target) pairs."""

    def mean(value):
        values = [expected(value, scores, target) for scores, target in problems]
        return float(sum(values) / len(values))

    return {
        "n": len(problems),
        **{f"top{k}": mean(lambda rank, k=k: Fraction(rank <= k)) for k in TOP_K},
        "mean_reciprocal_rank": mean(lambda rank: Fraction(1, rank)),
        "median_rank": float(np.median([np.mean(possible_ranks(*pair)) for pair in problems])),
    }


def among_names(names, scores, target):
    """The scores and the target of a level at which probabilities are summed by name."""
    weights = np.exp(scores)
    unique = list(dict.fromkeys(names))
    sums = [
        sum(weight for weight, own in zip(weights, names, strict=True) if own == name)
        for name in unique
    ]
    return np.round(np.log(np.array(sums) / weights.sum()), 6).tolist(), unique.index(names[target])


@settings(deadline=None, max_examples=50)
@given(studies())
def test_every_metric_is_its_definition(study):
    candidates, table = study
    metrics = evaluate(candidates, table)
    problems = list(zip(table["scores"], table["target"], strict=True))

    def check(found, pairs):
        if pairs:
            assert {name: found[name] for name in summary(pairs)} == pytest.approx(summary(pairs))
        else:
            assert found["n"] == 0 and found["top1"] is None and found["median_rank"] is None

    check(metrics, problems)
    assert metrics["n_candidates"] == COUNT and metrics["n_test_segments"] == len(table)
    assert metrics["n_test_words"] == len({word.lower() for word in table["word"]})
    assert metrics["chance_top2"] == pytest.approx(2 / COUNT)
    for name, columns in GROUPS.items():
        keys = ["/".join(str(value) for value in row) for row in table[columns].to_numpy()]
        assert set(metrics[name]) == set(keys)  # those who heard nothing are missing
        for key, found in metrics[name].items():
            own = [number for number, other in enumerate(keys) if other == key]
            check(found, [problems[number] for number in own])
            hit = [float(expected(lambda rank: rank <= 1, *problems[number])) for number in own]
            sentences = table["sequence_text"].to_numpy()[own]
            interval = bootstrap_interval(np.array(hit), sentences)
            assert found["interval"]["top1"] == (interval and pytest.approx(interval))
    for level, names in (
        (WORDS, [word.lower() for word in candidates["word"]]),
        (SENTENCES, list(candidates["sequence_text"])),
    ):
        check(metrics[level], [among_names(names, *pair) for pair in problems])
        assert metrics[level]["n_answers"] == len(set(names))
        alike = [among_names(names, [0] * COUNT, target) for _, target in problems]
        assert metrics[level]["chance_top1"] == pytest.approx(summary(alike)["top1"])
    members = np.flatnonzero(candidates["apart"]).tolist()
    asked = [
        ([scores[member] for member in members], members.index(target))
        for scores, target in problems
        if target in members
    ]
    check(metrics[APART], asked)
    assert metrics[APART]["n_answers"] == len(members)
    heard = table.groupby("target")["story"].agg(set)
    pools = [
        [place for place in range(COUNT) if heard[place] & heard[target]] for _, target in problems
    ]
    own_story = [
        ([scores[place] for place in pool], pool.index(target))
        for pool, (scores, target) in zip(pools, problems, strict=True)
    ]
    check(metrics[WITHIN_STORY], own_story)
    assert metrics[WITHIN_STORY]["n_answers"] == np.mean([len(pool) for pool in pools])
    chance = np.mean([min(2 / len(pool), 1) for pool in pools])
    assert metrics[WITHIN_STORY]["chance_top2"] == pytest.approx(chance)
    assert metrics["n_sentences"] == table["sequence_text"].nunique()
    assert list(metrics["candidate_sets"]) == [str(SIZE)]
    for k in TOP_K:
        by_hand = [found_among(*pair, k, SIZE) for pair in problems]
        found = metrics["candidate_sets"][str(SIZE)][f"top{k}"]
        assert found == pytest.approx(float(sum(by_hand) / len(by_hand)))
