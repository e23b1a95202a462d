"""A study, a speech target and an architecture are a file each, and their settings need no list."""

import pytest
import yaml

from tests.workflow.workspace import Workspace

STUDY = '''
"""Somebody's own study: one listener, one story."""

from pathlib import Path
from typing import Literal

from plumbing.values import Count, Distinct, Label
from speech_decoding.studies import Facts, Recording


class Study:
    """A folder of toys; listeners, how many; mood, in which they listened."""

    facts = Facts("MEG", 4, 500.0, "none", "nobody")

    def __init__(
        self,
        folder: Path,
        *,
        listeners: Distinct[Label],
        mood: Literal["glad", "sad"] = "glad",
        repeats: Count | None = None,
    ):
        self.folder, self.listeners = folder, listeners

    def recordings(self):
        return [Recording(name, name, "0", "tale") for name in self.listeners]

    def left_out(self):
        return {}

    def misnamed(self):
        return []

    def layout_of(self, recording):
        return {"listeners": [recording.subject]}

    def raw_files(self, recording):
        return [self.folder / f"{recording.id}.dat"]

    def stories(self):
        return ["tale"]

    def wav_files(self, story):
        return [self.folder / "tale.wav"]
'''
TARGET = '''
"""Somebody's own target."""

import a_package_that_is_not_here
from plumbing.values import Positive


class Target:
    def __init__(self, *, width_s: Positive, shape: list[int] = (1, 2)):
        pass
'''
ARCHITECTURE = '''
"""Somebody's own architecture."""

import a_package_that_is_not_here
from plumbing.values import Count


class BrainModule:
    def __init__(self, layout_positions, n_subjects, n_outputs, *, width: Count = 3):
        pass
'''
MINE = {
    "studies": {
        "toy": {
            "title": "A toy",
            "reader": "toy",
            "raw_folder": "data/toy",
            "layout": {"listeners": ["A", "B"]},
        }
    },
    "embeddings": {"toy": {"target": "toy", "width_s": 0.5}},
    "experiments": {
        "toy": {"embedding": "toy", "decoder": {"architecture": "toy", "width": 5}},
    },
    "report": {"experiments": ["toy"], "controls": []},
}
# A value of mine.yaml, and what is told of it.
MISTAKES = [
    ("studies.toy.layout.listener", ["A"], "a known key", "'listeners'"),
    ("studies.toy.layout.mood", "angry", "glad or sad", "the text 'angry'"),
    ("studies.toy.layout.repeats", 0, "null or a whole number from 1", "the number 0"),
    ("studies.toy.simulation", {}, "no such block", "a block with nothing in it"),
    ("embeddings.toy.width_s", "wide", "a number above 0", "the text 'wide'"),
    ("embeddings.toy.layers", [1], "a setting of the target toy (width_s, shape)", "another"),
    ("experiments.toy.decoder.width", 0.5, "a whole number from 1", "the number 0.5"),
    ("experiments.toy.decoder.depth", 3, "a setting of the architecture toy", "another"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("toy") / "clone")
    library = workspace.folder / "workflow_scripts/speech_decoding"
    for place, text in (
        ("studies", STUDY),
        ("speech/targets", TARGET),
        ("decoder", ARCHITECTURE),
    ):
        (library / place / "toy.py").write_text(text)
    raw = workspace.folder / "data/toy"
    raw.mkdir(parents=True)
    for name in ("A.dat", "B.dat", "tale.wav"):
        (raw / name).touch()
    return workspace


def dry_run(workspace: Workspace, mine: dict, *, check: bool = True) -> str:
    (workspace.folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    report = "results/toy/report.html"
    return workspace.snakemake("-n", report, "--configfile", "mine.yaml", check=check).stdout


def test_three_files_and_their_settings_are_all_that_it_takes(workspace):
    planned = dry_run(workspace, MINE)
    assert "Training toy, toy, seed 2036" in planned
    assert "Embedding the speech of toy, tale, as toy" in planned
    assert "check_recording" in planned


def test_their_mistakes_are_told_like_all_others(workspace):
    mine = yaml.safe_load(yaml.safe_dump(MINE))
    for path, value, *_ in MISTAKES:
        *parents, key = path.split(".")
        block = mine
        for parent in parents:
            block = block[parent]
        block[key] = value
    told = dry_run(workspace, mine, check=False)
    by_value = [mistake for mistake in MISTAKES if "another" not in mistake]
    assert f"found {len(by_value)} mistakes" in told
    for path, _, expected, found in by_value:
        (line,) = (line for line in told.splitlines() if f"mine.yaml, {path}:" in line)
        assert expected in line and found in line


@pytest.mark.parametrize(
    "mistake", [mistake for mistake in MISTAKES if "another" in mistake], ids=lambda one: one[0]
)
def test_a_setting_of_another_target_or_architecture_is_told(workspace, mistake):
    path, value, expected, _ = mistake
    mine = yaml.safe_load(yaml.safe_dump(MINE))
    *parents, key = path.split(".")
    block = mine
    for parent in parents:
        block = block[parent]
    block[key] = value
    told = dry_run(workspace, mine, check=False)
    assert f"mine.yaml, {path}: expected {expected}" in told
