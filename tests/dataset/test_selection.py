"""Selections: what is left out is not trained with, and what is tested stays the same."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbing.errors import InputError
from speech_decoding.dataset.selection import UNUSED, Selection

SUBJECTS, STORIES = ["01", "02", "03"], ["ferry", "orchard"]


@pytest.fixture(scope="module")
def segments():
    """Twelve blocks of each story, heard by every subject, three segments each."""
    rows = [
        (subject, story, block, ("train", "train", "valid", "test")[block % 4])
        for subject in reversed(SUBJECTS)
        for story in STORIES
        for block in range(12)
        for _ in range(3)
    ]
    return pd.DataFrame(rows, columns=["subject", "story", "block", "split"])


def test_without_a_selection_nothing_changes(segments):
    assert Selection().apply(segments).equals(segments)
    assert Selection().heard_subjects(segments["subject"]) == SUBJECTS


@settings(deadline=None, max_examples=40)
@given(
    subjects=st.none() | st.integers(1, 3),
    share=st.floats(0.1, 1),
    without_subject=st.none() | st.sampled_from(SUBJECTS),
    without_story=st.none() | st.sampled_from(STORIES),
)
def test_what_is_left_out_is_of_no_split_and_the_test_stays(
    segments, subjects, share, without_subject, without_story
):
    selection = Selection(subjects, share, without_subject, without_story)
    selected = selection.apply(segments)
    test = segments["split"] == "test"
    assert selected[test].equals(segments[test])
    kept = selected["split"] != UNUSED
    assert selected[kept].equals(segments[kept])
    trained = selected[kept & ~test]
    assert sorted(trained["subject"].unique()) == selection.heard_subjects(segments["subject"])
    assert without_subject not in set(trained["subject"])
    assert without_story not in set(trained["story"])
    others = [name for name in SUBJECTS if name != without_subject]
    assert selection.heard_subjects(segments["subject"]) == others[:subjects]


def blocks(selected):
    training = selected[selected["split"] == "train"]
    return {
        own: set(zip(rows["story"], rows["block"], strict=True))
        for own, rows in training.groupby("subject")
    }


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_smaller_share_is_part_of_a_larger_and_the_same_for_all_subjects(segments, one, other):
    less, more = (blocks(Selection(share=share).apply(segments)) for share in sorted((one, other)))
    assert len(set(map(frozenset, more.values()))) == 1
    assert less["01"] <= more["01"]
    assert len(more["01"]) == max(1, round(max(one, other) * 12))


def test_blocks_of_one_number_in_two_stories_are_two(segments):
    chosen = blocks(Selection(share=0.5).apply(segments))["01"]
    assert {story for story, _ in chosen} == set(STORIES)
    assert len(chosen) == 6


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(without_subject="04"), "01, 02, 03"),
        (Selection(without_story="tale"), "ferry, orchard"),
    ],
)
def test_an_unknown_name_is_told(segments, selection, told):
    with pytest.raises(InputError, match=told):
        selection.apply(segments)


def test_a_split_must_not_be_left_empty(segments):
    only = segments[segments["story"] == "ferry"]
    with pytest.raises(InputError, match="none that is left"):
        Selection(without_story="ferry").apply(only)
