import numpy as np
import pandas as pd
import pytest

from speech_decoding.report.sections.examples import choose_examples, right_sentence_share


@pytest.fixture
def retrieval(contents):
    return contents.experiments["main"][0].retrieval


def test_groups_hold_every_segment_once(retrieval):
    groups = choose_examples(retrieval)
    assert [group.title for group in groups] == ["Correct", "Nearly correct", "Wrong"]
    assert sum(group.share for group in groups) == pytest.approx(1)
    assert groups[0].share == (retrieval["rank"] == 1).mean()
    for group in groups:
        assert len(group.examples) == 4
        assert all(group.over < example.rank <= group.up_to for example in group.examples)


def test_the_heard_segment_is_marked_where_it_was_ranked(retrieval):
    right, nearly, wrong = choose_examples(retrieval)
    for example in (*right.examples, *nearly.examples, *wrong.examples):
        matches = [guess.match for guess in example.guesses]
        expected = [int(example.rank) - 1] if example.rank <= 5 else []
        assert [place for place, match in enumerate(matches) if match == "segment"] == expected
        for guess in example.guesses:
            assert (guess.match == "none") == (guess.word.lower() != example.word.lower())


def test_the_heard_word_stands_in_its_sentence(retrieval):
    sentences = set(retrieval["sequence_text"])
    for group in choose_examples(retrieval):
        for example in group.examples:
            assert " ".join([example.before, example.word, example.after]).strip() in sentences


def test_long_sentences_are_shortened():
    words = [f"w{index}" for index in range(40)]
    row = {
        "subject": "1",
        "story": "s",
        "onset_s": 1.0,
        "word": "w20",
        "word_index": 20,
        "sequence_text": " ".join(words),
        "target": 0,
        "rank": 1.0,
        "probability": 0.5,
        "best": np.array([0, 1]),
        "best_words": ["w20", "w21"],
    }
    example = choose_examples(pd.DataFrame([row]))[0].examples[0]
    assert example.before == "… " + " ".join(words[12:20])
    assert example.after == " ".join(words[21:29]) + " …"


def test_wrong_candidates_of_the_right_sentence_are_counted():
    retrieval = pd.DataFrame(
        {
            "target": [0, 1, 2, 0],
            "sequence_text": ["a b", "a b", "c", "a b"],
            "best": [[0, 1], [0, 2], [1, 2], [2, 0]],
        }
    )
    assert right_sentence_share(retrieval) == pytest.approx(1 / 3)
    assert right_sentence_share(retrieval.head(1)) is None
