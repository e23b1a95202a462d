"""Retrieval of a small world's test segments, against loops over its store."""

import numpy as np
import pytest
import torch

from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.evaluation.metrics import guess
from speech_decoding.evaluation.ranks import RankTable
from speech_decoding.evaluation.retrieval import estimate, retrieve
from speech_decoding.evaluation.uncertainty import bootstrap_interval
from speech_decoding.training.losses import clip_scores


@pytest.fixture(scope="module")
def scores(trained):
    """Scores and identities, written without any of the evaluation's code."""
    segments = trained.store.segments
    test = segments[segments["split"] == "test"]
    keys = list(zip(test["word_index"], test["sequence_text"], strict=True))
    first = {key: row for row, key in reversed(list(zip(test.index, keys, strict=True)))}
    unique = list(dict.fromkeys(keys))
    speech = trained.store.speech(torch.tensor([first[key] for key in unique]))
    brain = trained.store.brain(torch.tensor(test.index.to_numpy()))
    target = np.array([unique.index(key) for key in keys])
    return clip_scores(brain, speech).numpy(), target, segments.loc[[first[k] for k in unique]]


def test_every_segment_is_ranked_among_the_unique_ones(retrieved, scores):
    table, metrics = retrieved
    own_scores, target, candidates = scores
    assert table["target"].tolist() == target.tolist()
    assert metrics["n_candidates"] == len(candidates) and metrics["n_test_segments"] == len(target)
    own = own_scores[np.arange(len(target)), target]
    rank = 1 + (own_scores > own[:, None]).sum(axis=1)
    assert (table["rank"] == rank).mean() > 0.99  # rounding may swap two that are nearly equal
    assert metrics["top10"] == pytest.approx((rank <= 10).mean(), abs=0.01)
    best = own_scores.argsort(axis=1)[:, ::-1][:, :10]
    assert (np.stack(table["best"].to_numpy()) == best).mean() > 0.99
    assert table["best_words"].iloc[0] == candidates["word"].iloc[table["best"].iloc[0]].tolist()
    exponent = np.exp(own_scores - own_scores.max(axis=1, keepdims=True))
    probability = exponent[np.arange(len(target)), target] / exponent.sum(axis=1)
    assert table["probability"].to_numpy() == pytest.approx(probability, abs=1e-3)


def test_groups_are_their_own_segments(retrieved):
    table, metrics = retrieved
    count = metrics["n_candidates"]
    for name, keys in {
        "subjects": table["subject"],
        "sessions": table["subject"] + "/" + table["session"],
        "stories": table["story"],
        "blocks": table["story"] + "/" + table["block"].astype(str),
    }.items():
        assert set(metrics[name]) == set(keys)
        for key, found in metrics[name].items():
            own = table[keys == key]
            accuracy = hits(RankTable(own["rank"].to_numpy(), own["tied"].to_numpy()), 5, count)
            assert found["n"] == len(own)
            assert found["top5"] == pytest.approx(accuracy.mean())
            interval = bootstrap_interval(accuracy, own["sequence_text"])
            assert found["interval"]["top5"] == interval


def test_candidates_apart_share_no_sample(trained, world, retrieved):
    table, metrics = retrieved
    asked = table[table["apart_tied"] > 0].drop_duplicates("target")
    assert 0 < len(asked) == metrics["apart"]["n_answers"] < metrics["n_candidates"]
    for _, own in asked.groupby("story"):
        onset_s = np.sort(own["onset_s"].to_numpy())
        assert np.diff(onset_s).min() >= 361 / 120


def test_chance_of_a_name_counts_its_candidates():
    guessed = guess(np.array(["the", "sea", "the", "old"], dtype=object))
    assert guessed.rank.tolist() == [1, 2.5, 1, 2.5] and guessed.tied.tolist() == [1, 2, 1, 2]
    apart = guess(np.array([0, -1, 2]))
    assert apart.tied.tolist() == [2, 0, 2] and apart.rank[0] == 1.5


def test_words_are_named_without_their_case(retrieved):
    table, metrics = retrieved
    assert {"the", "The"} <= set(table["word"])
    assert metrics["words"]["n_answers"] == len(set(table["word"].str.lower()))
    assert metrics["words"]["top1"] >= metrics["top1"]
    assert metrics["words"]["chance_top1"] > 1 / metrics["words"]["n_answers"]


def test_smaller_sets_are_easier(retrieved):
    _, metrics = retrieved
    assert list(metrics["candidate_sets"]) == ["10"] or metrics["n_candidates"] >= 50
    assert metrics["candidate_sets"]["10"]["top1"] >= metrics["top1"]
    assert metrics["candidate_sets"]["10"]["chance_top1"] == pytest.approx(0.1)


def test_blocks_do_not_change_ranks(trained):
    segments = trained.store.segments
    rows = np.flatnonzero(segments["split"] == "test")[:20]
    target = np.arange(20)

    def ranks(batch, held_bytes):
        candidates = CandidateSpeech(
            lambda positions: trained.store.speech(torch.from_numpy(rows[positions])),
            len(rows),
            held_bytes=held_bytes,
        )
        blocks = estimate(trained.model, trained.store, rows, batch=batch)
        return retrieve(blocks, candidates, target)

    one, other = ranks(512, 2**30), ranks(7, 0)
    assert one.ranks["segments"].rank.tolist() == other.ranks["segments"].rank.tolist()
    assert one.probability == pytest.approx(other.probability, rel=1e-4)
