"""Raw files of a real study are looked at again when their content changed, and only then."""

import json
import os
import shutil

import pytest

from tests.studies.small_study import SmallStudy
from tests.workflow.workspace import Workspace

NAME = "sub-01_ses-0_task-0"
FOLDER = f"data/gwilliams/sub-01/ses-0/meg/{NAME}"
WAV = "data/gwilliams/stimuli/audio/tiny_tale_0.wav"
VERDICT, SIGNAL = f"results/gwilliams/checks/{NAME}.json", f"results/gwilliams/recordings/{NAME}"
TARGETS = ["results/gwilliams/splits/blocks.parquet"]


@pytest.fixture(scope="module")
def read(intact, tmp_path_factory) -> Workspace:
    """A real study of one recording, read as far as its splits."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("read") / "clone")
    shutil.copytree(intact.folder, workspace.folder / "data/gwilliams")
    config = workspace.config
    config["studies"]["gwilliams"]["layout"] = SmallStudy.layout
    workspace.config = config
    workspace.snakemake(*TARGETS)
    return workspace


@pytest.fixture
def study(read, tmp_path) -> Workspace:
    return read.copy(tmp_path / "clone")


def rewrite(study, name, change, seconds):
    """Write a changed content with a time so many seconds later."""
    path = study.folder / name
    time_ns, content = path.stat().st_mtime_ns + seconds * 10**9, bytearray(path.read_bytes())
    change(content)
    path.unlink()  # it is linked to the original
    path.write_bytes(content)
    os.utime(path, ns=(time_ns, time_ns))


def turn_a_bit(content):
    content[-1] ^= 1


def sealed_inputs(study, path) -> dict[str, str]:
    seal = (study.folder / path).with_name(f".{path.rpartition('/')[2]}.seal")
    return json.loads(seal.read_text())["inputs"]


@pytest.mark.parametrize("seconds", [-(10**6), 10**6])
def test_other_times_alone_run_nothing(study, seconds):
    assert study.planned_jobs(*TARGETS) == {}
    for path in (study.folder / "data").rglob("*.*"):
        rewrite(study, path.relative_to(study.folder), lambda content: None, seconds)
    assert study.planned_jobs(*TARGETS) == {}


# Snakemake itself refuses times in the future where a job has read them.
@pytest.mark.parametrize("seconds", [-(10**6), 1])
def test_a_recording_that_was_repaired_is_read_again(study, seconds):
    before = sealed_inputs(study, VERDICT)
    rewrite(study, f"{FOLDER}_meg.con", turn_a_bit, seconds)
    planned = study.planned_jobs(*TARGETS)
    assert planned.keys() >= {"check_recording", "preprocess_recording", "split_blocks"}
    study.snakemake(*TARGETS)
    after = sealed_inputs(study, VERDICT)
    assert {name for name in before if before[name] != after[name]} == {f"{FOLDER}_meg.con"}
    assert study.planned_jobs(*TARGETS) == {}


def test_an_audio_file_that_was_repaired_is_read_again(study):
    rewrite(study, WAV, turn_a_bit, -(10**6))
    assert study.planned_jobs(*TARGETS).keys() >= {"check_recording", "merge_audio"}
    study.snakemake(*TARGETS)
    assert study.planned_jobs(*TARGETS) == {}


def test_a_file_that_no_step_reads_says_nothing(study):
    table = study.folder / "data/gwilliams/participants.tsv"
    table.unlink()
    table.write_bytes(b"\xff\xfe no table")
    (study.folder / "data/gwilliams/sub-01/ses-0/sub-01_ses-0_scans.tsv").write_bytes(b"\0\t\0")
    assert study.planned_jobs(*TARGETS) == {}
    study.snakemake("--forcerun", "check_recording", "preprocess_recording", "--", *TARGETS)
    assert json.loads((study.folder / VERDICT).read_text())["verdict"] == "used"
