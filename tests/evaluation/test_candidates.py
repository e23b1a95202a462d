"""Candidates: their identity, their speech as one matrix, and those that lie apart."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbing.errors import InputError
from speech_decoding.evaluation.candidates import (
    CandidateSpeech,
    apart,
    segment_id,
    unique_segments,
)
from speech_decoding.training.losses import clip_scores


def test_the_name_of_a_segment_never_changes():
    assert segment_id(3, "the old captain said") == "a804fc2ba7781305"
    assert segment_id(np.int64(3), "the old captain said") == segment_id(3, "the old captain said")
    assert segment_id(1, "2 a") != segment_id(12, "a")


def test_repeated_segments_are_one_candidate():
    segments = pd.DataFrame(
        {
            "word_index": pd.array([1, 0, 1, 0, 1], dtype="Int64"),
            "sequence_text": ["b", "a", "b", "a", "a"],
        }
    )
    candidates, target = unique_segments(segments, np.array([1, 2, 3, 4]))
    assert candidates.tolist() == [1, 2, 4]
    assert target.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("held_bytes", [0, 2**30])
def test_scores_are_those_of_the_loss(held_bytes):
    generator = torch.Generator().manual_seed(0)
    speech = torch.randn(70, 5, 9, generator=generator)
    speech[3] = 0  # a silent candidate
    estimates = torch.randn(4, 5, 9, generator=generator)
    cut = []

    def give(positions):
        cut.append(len(positions))
        return speech[positions]

    candidates = CandidateSpeech(give, len(speech), held_bytes=held_bytes)
    scores = candidates.scores(estimates)
    torch.testing.assert_close(scores, clip_scores(estimates, speech))
    before = len(cut)
    candidates.scores(estimates)
    assert (len(cut) == before) == bool(held_bytes)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_scores_that_are_not_finite_end_the_step(value):
    speech, estimates = torch.randn(6, 2, 3), torch.ones(2, 2, 3)
    estimates[1, 0, 0] = value
    candidates = CandidateSpeech(lambda positions: speech[positions], 6)
    with pytest.raises(InputError, match=r"estimates of the test segments.*1 of 2 segments"):
        candidates.scores(estimates)
    broken = speech.clone()
    broken[4, 1, 2] = value
    candidates = CandidateSpeech(lambda positions: broken[positions], 6)
    with pytest.raises(InputError, match=r"embedding of the test segments.*1 of 6 segments"):
        candidates.scores(torch.ones(2, 2, 3))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20)), min_size=1, max_size=9))
def test_the_largest_set_without_overlap_is_found(windows):
    story = np.array([name for name, _ in windows])
    begin_s = np.array([float(begin) for _, begin in windows])
    length_s = 3.0

    def disjoint(chosen):
        return all(
            story[one] != story[other] or abs(begin_s[one] - begin_s[other]) >= length_s
            for one, other in combinations(chosen, 2)
        )

    found = apart(begin_s, story, length_s)
    assert disjoint(found)
    larger = combinations(range(len(windows)), len(found) + 1)
    assert not any(disjoint(chosen) for chosen in larger)
