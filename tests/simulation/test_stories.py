"""Stories: plain words, sentences that never repeat, the same for the same seed."""

import re

import pytest

from simulation.stories import write_story


@pytest.fixture(scope="module")
def story():
    return write_story("night_ferry", seed=1, duration_s=1800, pause_s=0.3)


def test_only_what_the_synthesiser_times_reliably(story):
    assert all(re.fullmatch(r"[A-Za-z]+([ ,]+[A-Za-z]+)*\.", one.text) for one in story)


def test_sentences_are_of_natural_length_and_do_not_repeat(story):
    assert {len(one.words) for one in story} <= set(range(6, 15))
    assert len({one.text for one in story}) == len(story)
    assert len({one.words[0] for one in story}) > 10


def test_vocabulary_is_varied(story):
    words = {word.lower() for one in story for word in one.words}
    assert len(words) > 150
    assert {len(word) for word in words} >= set(range(2, 11))


def test_word_lists_are_few(story):
    lists = sum(one.condition == "word_list" for one in story)
    assert 0 < lists < 0.15 * len(story)


def test_a_story_depends_on_its_name_and_seed_alone(story):
    again = write_story("night_ferry", seed=1, duration_s=60, pause_s=0.3)
    assert again == story[: len(again)]
    assert write_story("night_ferry", seed=2, duration_s=60, pause_s=0.3) != again
    assert write_story("other", seed=1, duration_s=60, pause_s=0.3) != again
