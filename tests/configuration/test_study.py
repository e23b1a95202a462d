"""A study as it is configured: what is there, what is made of it, and with what."""

from pathlib import Path

import pytest

from configuration.chosen import Chosen
from configuration.running import preprocessing_memory_mb, training_launcher, training_options
from configuration.speech_models import (
    checkpoint_files,
    compared_with_fairseq,
    fairseq_checkpoint,
)
from configuration.study import ConfiguredStudy
from plumbing.errors import InputError
from tests.config_advice import shipped


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shipped()


def study_of(config, name="gwilliams"):
    return ConfiguredStudy(config, name, {"mine.yaml": config})


def lay(study, *recordings, stories=()):
    """Lay the raw files of some recordings, empty, and the audio of some stories."""
    paths = [path for name in recordings for path in study.reader.raw_files(study.recordings[name])]
    paths += [path for story in stories for path in study.reader.wav_files(story)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_all_of_a_simulated_study_is_at_hand(config):
    study = study_of(config, "demo")
    assert study.simulated and study.recordings_at_hand == list(study.recordings)
    assert study.stories_at_hand == study.reader.stories()


def test_of_a_real_study_what_is_there(config):
    study = study_of(config)
    with pytest.raises(InputError, match=r"data/gwilliams.*studies\.gwilliams\.raw_folder in mine"):
        _ = study.recordings_at_hand
    lay(study, "sub-01_ses-0_task-0", "sub-02_ses-1_task-1", stories=["lw1"])
    study = study_of(config)
    assert study.recordings_at_hand == ["sub-01_ses-0_task-0", "sub-02_ses-1_task-1"]
    assert study.stories_at_hand == ["lw1"]  # the audio of the other one is missing


def test_runs_are_experiments_and_seeds(config):
    study = study_of(config)
    config["report"] |= {"experiments": ["main", "base"], "seeds": [5, 7], "controls": ["random"]}
    assert study.reported_runs[0] == {"experiment": "main", "seed": 5}
    assert [tuple(run.values()) for run in study.reported_runs] == [
        *(("main", 5), ("main", 7), ("base", 5), ("base", 7))
    ]
    assert study.control_runs == [{"experiment": "random", "seed": 5}]
    assert study.reported_embeddings == ["wav2vec2", "mel"]


def test_points_leave_out_whom_nobody_heard(config):
    study = study_of(config)
    lay(study, "sub-01_ses-0_task-0", "sub-02_ses-0_task-0", stories=["lw1"])
    config["studies"]["gwilliams"]["exclude"] = {"02": "asleep"}
    assert study_of(config).points("without_subject") == ["without_subject-01"]
    assert study_of(config).points("without_story") == ["without_story-lw1"]
    runs = study_of(config).swept_runs("without_story")
    assert [run["experiment"] for run in runs] == ["main"] * 3 + ["without_story-lw1"] * 3


def test_an_unknown_name_is_told_with_the_nearest(config):
    with pytest.raises(InputError, match="sub-01_ses-0_task-0"):
        study_of(config).recording("sub-1_ses-0_task-0")
    with pytest.raises(InputError, match="easy_money"):
        study_of(config).wav_files("easy_mony")


def test_a_job_opens_as_much_of_the_study_as_it_needs(config):
    study = study_of(config)
    whole, part = study.arguments(), study.arguments("sub-03_ses-0_task-2")
    assert '"layout":{}' in whole and '"03"' in part


def own_of(config, embedding="wav2vec2", study="gwilliams"):
    return Chosen(study_of(config, study), {"embedding": embedding})


def test_a_checkpoint_is_made_there_or_missing(config):
    path = Path(config["embeddings"]["wav2vec2"]["checkpoint"])
    told = r"xlsr.*for the experiments main.*embeddings\.wav2vec2\.checkpoint in mine\.yaml.*mel"
    with pytest.raises(InputError, match=told):
        checkpoint_files(own_of(config), made="another.pt")
    assert checkpoint_files(own_of(config), made=str(path)) == [str(path)]
    assert checkpoint_files(own_of(config, "mel"), made="") == []
    path.mkdir(parents=True)
    (path / "config.json").touch()
    assert checkpoint_files(own_of(config), made="") == [str(path / "config.json")]
    with pytest.raises(InputError, match="fairseq"):
        fairseq_checkpoint(own_of(config))


def test_fairseq_is_compared_with_its_own_files_alone(config):
    assert compared_with_fairseq(own_of(config)) == []
    config["report"] |= {"fairseq": True, "experiments": ["main", "base"]}
    assert compared_with_fairseq(own_of(config)) == ["wav2vec2"]
    Path(config["embeddings"]["wav2vec2"]["checkpoint"]).mkdir(parents=True)
    assert compared_with_fairseq(own_of(config)) == []


RUNNING = {"processes": 1, "checkpoint_minutes": 10, "max_minutes": None, "watch": "none"}


@pytest.mark.parametrize(
    ("changed", "job_minutes", "expected"),
    [
        ({}, None, "--checkpoint-minutes 10 --watch none"),
        ({}, 720, "--checkpoint-minutes 10 --watch none --max-minutes 710"),
        ({}, 20, "--checkpoint-minutes 10 --watch none --max-minutes 15.0"),
        ({"max_minutes": 60}, 720, "--checkpoint-minutes 10 --watch none --max-minutes 60"),
    ],
)
def test_a_training_ends_before_its_job(changed, job_minutes, expected):
    assert training_options(RUNNING | changed, job_minutes=job_minutes) == expected


def test_processes_share_a_training():
    assert training_launcher(RUNNING) == "python"
    assert "--nproc-per-node 4" in training_launcher(RUNNING | {"processes": 4})


def test_options_of_preprocessing_need_memory():
    paper = {"rate_hz": 120, "ica": False, "notch": None, "interpolate_bad": False}
    assert preprocessing_memory_mb(paper) == 2000
    assert preprocessing_memory_mb(paper | {"notch": "auto"}) == 8000


def test_the_decoded_window_may_end_earlier(config):
    own = Chosen(study_of(config), {"experiment": "main"})
    assert own.decoded_window == own.window == {"start_s": -0.5, "stop_s": 2.5, "rate_hz": 120}
    shorter = Chosen(study_of(config), {"experiment": "window-1.5"})
    assert shorter.decoded_window == own.window | {"stop_s": 1.5}
