"""The two real studies as config.yaml has them, from small raw trees to all that they can make.

Nothing of the shipped settings is replaced but the raw folders, the checkpoint, the decoder's size
and the length of trainings; `check.allow_missing` is set, for nearly all recordings are missing.
"""

import json

import pandas as pd
import pytest

from tests.workflow import raw_trees
from tests.workflow.workspace import Workspace

STUDIES = ("gwilliams", "brennan")
REPORTS = [f"results/{study}/report.html" for study in STUDIES]
CHECKPOINT = "weights/rehearsal.pt"
FURTHER = ("paper_table.html", "ablations.html", "sweeps/delay.html", "sweeps/without_story.html")


def rehearse(workspace: Workspace) -> None:
    """Put small raw trees where config.yaml looks for them, and shorten the trainings."""
    config = workspace.config
    raw_trees.write_checkpoint(workspace.folder / CHECKPOINT)
    for study in STUDIES:
        config["studies"][study]["raw_folder"] = f"data/small_{study}"
    data = workspace.folder / "data"
    raw_trees.lay_meg_masc(data / "small_gwilliams")
    raw_trees.lay_alice(data / "small_brennan")
    for embedding in config["embeddings"].values():
        if "checkpoint" in embedding:
            embedding["checkpoint"] = CHECKPOINT
    config["decoder"] |= {"hidden": 8, "virtual_channels": 8, "learnt_features": 8}
    config["training"] |= {"epochs": 1, "updates_per_epoch": 2}
    config["check"]["allow_missing"] = True
    workspace.config = config


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory) -> Workspace:
    """A workspace in which both reports were made; not to be changed."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("rehearsal") / "clone")
    rehearse(workspace)
    workspace.snakemake(*REPORTS)
    return workspace


def checks(workspace: Workspace, study: str) -> pd.DataFrame:
    return pd.read_parquet(workspace.folder / "results" / study / "checks.parquet")


@pytest.mark.parametrize(("study", "expected", "used"), [("gwilliams", 196, 4), ("brennan", 33, 2)])
def test_a_shipped_study_reaches_its_report(rehearsed, study, expected, used):
    found = checks(rehearsed, study)
    assert len(found) == expected
    assert (found["verdict"] != "excluded").sum() == used
    metrics = json.loads((rehearsed.folder / "results" / study / "metrics.json").read_text())
    assert metrics["experiments"]["main"]["seeds"] == [2036, 2037, 2038]
    assert (rehearsed.folder / "results" / study / "report.html").stat().st_size > 100_000


def test_a_story_that_nobody_heard_is_left_out_everywhere(rehearsed):
    results = rehearsed.folder / "results/gwilliams"
    unheard = {"easy_money", "the_black_willow"}
    assert not [path for path in results.rglob("*") if path.stem in unheard]
    for name in ("splits/blocks", "splits/chunks", "segments/segments"):
        assert set(pd.read_parquet(results / f"{name}.parquet")["story"]) == {*raw_trees.STORIES}
    page = (results / "report.html").read_text()
    for story in unheard:
        assert f"story {story}</code>: not heard in any used recording" in page


def test_only_what_is_there_has_jobs(rehearsed):
    jobs = rehearsed.jobs(*REPORTS)
    assert sum(job.rule == "check_recording" for job in jobs) == 6
    assert sum(job.rule == "merge_audio" for job in jobs) == 3


def test_stories_left_out_in_turn_are_those_that_were_heard(rehearsed):
    target = "results/gwilliams/sweeps/without_story.html"
    planned = rehearsed.jobs(target)
    trained = [job.outputs for job in planned if job.rule == "train_decoder"]
    points = {path.split("/")[3] for outputs in trained for path in outputs}
    assert points == {"main", "without_story-lw1", "without_story-cable_spool_fort"}


@pytest.mark.long
@pytest.mark.parametrize("study", STUDIES)
def test_a_shipped_study_reaches_its_tables_and_sweeps(rehearsed, study):
    pages = FURTHER[:-1] if study == "brennan" else FURTHER  # Alice is one story
    targets = [f"results/{study}/{page}" for page in pages]
    rehearsed.snakemake(*targets)
    for target in targets:
        assert (rehearsed.folder / target).stat().st_size > 10_000
