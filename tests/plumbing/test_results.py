"""The names of results, and reading and writing by them."""

import numpy as np
import pandas as pd
import pytest

from plumbing import results
from plumbing.errors import InputError
from plumbing.results import (
    AUDIO,
    HISTORY,
    METRICS,
    PAGE,
    SEGMENTS,
    SIGNAL,
    Results,
    benchmark_of,
    fill,
    log_of,
)

NAMES = {
    key: name
    for key, name in vars(results).items()
    if key.isupper() and isinstance(name, str) and not key.startswith("_")
}


def test_no_two_names_are_the_same_and_all_are_of_a_study():
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(name.startswith("results/{study}/") for name in NAMES.values())
    assert log_of("train/{seed}") == "results/{study}/logs/train/{seed}.log"
    assert benchmark_of("train") == "results/{study}/benchmarks/train.tsv"


def test_wildcards_are_filled_one_by_one():
    assert fill(PAGE, page="report") == "results/{study}/report.html"
    assert fill(SIGNAL, study="demo", recording="{recording}") == (
        "results/demo/recordings/{recording}/signal.npy"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (METRICS, {"a": [1, None]}),
        (AUDIO, np.arange(4, dtype=np.float32)),
        (SEGMENTS, pd.DataFrame({"word": ["a", "b"]})),
        (HISTORY, pd.DataFrame({"epoch": [1, 2]})),
        (PAGE, b"<html>"),
    ],
)
def test_what_is_written_is_read(tmp_path, name, value):
    study = Results(tmp_path, experiment="main", seed=3)
    study.write(name, value, story="s", page="report")
    read = study.read(name, story="s", page="report")
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(read, value)
    else:
        assert np.array_equal(read, value)


def test_wildcards_are_given_at_once_or_one_after_the_other(tmp_path):
    study = Results(tmp_path)
    run = study.of(experiment="main").of(seed=3)
    assert run.path(METRICS) == study.path(METRICS, experiment="main", seed=3)
    assert run.path(METRICS, seed=4) != run.path(METRICS)
    assert run.job is study.job
    with pytest.raises(KeyError, match="seed"):
        study.of(experiment="main").path(METRICS)


def test_stored_files_are_found_with_their_wildcards(tmp_path):
    study = Results(tmp_path)
    assert study.stored(METRICS) == []
    for experiment, seed in (("main", 2), ("main", 1), ("delay-0.1", 1)):
        study.write(METRICS, {}, experiment=experiment, seed=seed)
    assert study.stored(METRICS) == [
        ("experiments/delay-0.1/seed-1/metrics.json", {"experiment": "delay-0.1", "seed": "1"}),
        ("experiments/main/seed-1/metrics.json", {"experiment": "main", "seed": "1"}),
        ("experiments/main/seed-2/metrics.json", {"experiment": "main", "seed": "2"}),
    ]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    study = Results(tmp_path)
    study.write(SEGMENTS, pd.DataFrame({"word": ["a"]}))
    with pytest.raises(RuntimeError), study.replacing(SEGMENTS) as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert list(study.read(SEGMENTS)["word"]) == ["a"]


def test_what_another_reader_cannot_read_is_told(tmp_path):
    study = Results(tmp_path)
    study.write(METRICS, {}, experiment="main", seed=1)
    run = study.of(experiment="main", seed=1)
    with (
        pytest.raises(InputError, match=r"metrics\.json: expected a JSON file"),
        run.reading(METRICS),
    ):
        raise ValueError("no")
