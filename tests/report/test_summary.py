import json
import statistics

import numpy as np
import pandas as pd
import pytest

from plumbing.results import METRICS, RETRIEVAL
from speech_decoding.report.summary import audio_seconds, best_epoch, count_shared, over_seeds
from speech_decoding.report.words import accuracy_by_word, training_counts


@pytest.mark.parametrize("experiment", ["main", "noise_input"])
def test_metrics_are_those_of_the_ranks(contents, results, experiment):
    ranks, of_subject = [], []
    for seed in (1, 2, 3):
        table = results.read(RETRIEVAL, experiment=experiment, seed=seed)
        ranks.append(table["rank"].to_list())
        of_subject.append(table.loc[table["subject"] == "03", "rank"].to_list())
    by_hand = [100 * sum(rank <= 10 for rank in own) / len(own) for own in ranks]
    count = len({tuple(row) for row in table[["word_index", "sequence_text"]].to_numpy()})
    result = contents.metrics["experiments"][experiment]
    assert result["n_candidates"] == count
    assert result["n_test_segments"] == len(ranks[0])
    assert 100 * result["top10"]["mean"] == pytest.approx(statistics.mean(by_hand))
    assert 100 * result["top10"]["sd"] == pytest.approx(statistics.stdev(by_hand))
    assert 100 * result["top10"]["by_seed"]["2"] == pytest.approx(by_hand[1])
    assert result["chance"]["top10"] == pytest.approx(10 / count)
    assert result["subjects"]["03"]["top1"]["mean"] == pytest.approx(
        statistics.mean(sum(rank <= 1 for rank in own) / len(own) for own in of_subject)
    )


def test_the_worst_p_value_stands_for_all_seeds(contents, results):
    values = [results.read(METRICS, experiment="noise_input", seed=seed) for seed in (1, 2, 3)]
    p_value = contents.metrics["experiments"]["noise_input"]["p_value"]
    assert p_value["largest"] == max(value["p_value"] for value in values)


def test_counts_before_and_after_exclusion(contents):
    metrics = contents.metrics
    # 4 subjects, 2 sessions, 2 stories; one session was never recorded, one recording is excluded
    assert metrics["recordings"] == {"expected": 14, "used": 13, "with_warning": 7, "excluded": 1}
    assert metrics["subjects"] == {"expected": 4, "used": 4}
    # 24 blocks of 7 s and 9 segments each per story, heard 7 and 6 times
    assert sum(metrics["audio_s"].values()) == 2 * 24 * 7
    assert metrics["speech_heard_s"] == 13 * 24 * 7
    assert sum(metrics["segments"].values()) == 13 * 24 * 9
    assert metrics["simulated"]


def test_metrics_can_be_written_as_strict_json(contents):
    json.dumps(contents.metrics, allow_nan=False)


def test_one_seed_has_no_deviation():
    assert over_seeds({7: 0.25}) == {"mean": 0.25, "sd": None, "by_seed": {"7": 0.25}}


def test_best_epoch_is_the_first_of_the_lowest_validation_loss():
    history = pd.DataFrame({"epoch": [1, 2, 3, 4], "valid_loss": [np.nan, 2.0, 1.0, 1.0]})
    assert best_epoch(history) == 3
    assert best_epoch(history.head(1)) is None


def test_audio_of_a_split_that_a_story_lacks_is_zero():
    chunks = pd.DataFrame(
        {"story": ["b", "a"], "split": ["test"] * 2, "start_s": [0.0, 1], "stop_s": [5.0, 8]}
    )
    table = audio_seconds(chunks)
    assert list(table.index) == ["b", "a"]
    assert table.loc["a"].to_dict() == {"train": 0, "valid": 0, "test": 7}


def test_what_splits_share_is_counted():
    blocks = pd.DataFrame(
        {"text": ["x", "x", "y", "y"], "split": ["train", "test", "test", "test"]}
    )
    segments = pd.DataFrame(
        {
            "split": ["train", "train", "test", "test", "valid"],
            "sequence_text": ["one two", None, "one two", "three", "three"],
            "word": ["one", None, "two", "Three", "three"],
        }
    )
    words = pd.DataFrame(
        {
            "word": ["one", "Two", "Two", "three"],
            "split": ["train", "train", "train", "test"],
            "story": "s",
            "wav": "w",
            "wav_start_s": [0, 1, 1, 2],
        }
    )
    assert count_shared(blocks, segments, words) == {
        "texts": 2,
        "texts_shared": 1,
        "sentences": 2,
        "sentences_shared": 1,
        "words": 2,
        "words_shared": 1,
    }


def test_the_page_counts_words_one_way(contents):
    result = contents.metrics["experiments"]["main"]
    counts = count_shared(contents.blocks, contents.segments, contents.words)
    table = contents.experiments["main"][0].retrieval
    assert table["word"].nunique() > counts["words"]  # The and the
    assert counts["words"] == result["n_test_words"] == result["levels"]["words"]["n_answers"]
    kinds = accuracy_by_word(np.ones(len(table)), table, contents.words)["Occurrences in training"]
    never = {group.name: group.n for group in kinds}.get("0", 0)
    known = set(training_counts(contents.words).index)
    assert never == sum(word.lower() not in known for word in table["word"])
    assert counts["words_shared"] == len({word.lower() for word in table["word"]} & known)
