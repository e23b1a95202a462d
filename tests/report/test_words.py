"""Accuracy by kind of word, and neighbours, on tables small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from speech_decoding.report.words import accuracy_by_word, neighbours, training_counts


@pytest.fixture
def words():
    text = ["the old sea", "The sea the salt"]
    rows = [
        (word, index, sentence, split, f"{sentence}{index}", len(word) > 3)
        for sentence, split in zip(text, ("test", "train"), strict=True)
        for index, word in enumerate(sentence.split())
    ]
    names = ["word", "word_index", "sequence_text", "split", "place", "long"]
    table = pd.DataFrame(rows, columns=names).astype({"word_index": "Int64"})
    table = table.assign(
        story="s",
        wav="w",
        wav_start_s=np.arange(len(table)),
        condition="sentence",
        word_class=pd.array(["function", "content", pd.NA] + ["content"] * 4, dtype="string"),
        log_frequency=[15.0, 9.0, np.nan, 1, 1, 1, 1],
    )
    # heard by two listeners
    return pd.concat([table.assign(recording="a"), table.assign(recording="b")], ignore_index=True)


@pytest.fixture
def table(words):
    return words[words["split"] == "test"].reset_index(drop=True)


def test_words_of_the_training_are_counted_once_for_all_listeners(words):
    assert training_counts(words).to_dict() == {"the": 2, "sea": 1, "salt": 1}


def test_groups_are_those_of_the_words(words, table):
    found = np.array([1.0, 0, 1, 0, 0, 1])
    groups = accuracy_by_word(found, table, words)
    # all words have three letters and are of sentences: no division
    assert list(groups) == [
        "Occurrences in training",
        "Word frequency (log)",
        "Word class",
    ]
    numbers = {
        kind: {group.name: (group.n, group.accuracy) for group in parts}
        for kind, parts in groups.items()
    }
    assert numbers["Occurrences in training"] == {"0": (2, 0), "1": (2, 1), "2 to 4": (2, 0.5)}
    assert numbers["Word class"] == {"content words": (2, 0), "function words": (2, 0.5)}
    # the word whose frequency the study does not tell is in no part
    assert sum(n for n, _ in numbers["Word frequency (log)"].values()) == 4


def test_a_study_that_tells_nothing_of_its_words_is_not_divided(words, table):
    silent = words.assign(word_class=pd.NA, log_frequency=np.nan)
    assert list(accuracy_by_word(np.ones(6), table, silent)) == ["Occurrences in training"]


def test_neighbours_of_the_heard_word():
    retrieval = pd.DataFrame(
        {
            "target": [0, 1, 2, 3],
            "word_index": [0, 1, 9, 0],
            "sequence_text": ["a", "a", "a", "b"],
            "best": [[0, 1], [0, 1], [1, 0], [2, 3]],
        }
    )
    shares = {name: share for name, share in neighbours(retrieval).items() if share}
    assert shares == {"0": 0.25, "-1": 0.25, "farther": 0.25, "elsewhere": 0.25}
