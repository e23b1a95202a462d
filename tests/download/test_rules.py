"""The rules: asked for by name they fetch, and otherwise they do not exist."""

import pytest

from tests.download.conftest import held, tree
from tests.download.osf_server import Fault
from tests.workflow.workspace import Workspace


@pytest.fixture
def workspace(osf, tmp_path) -> Workspace:
    workspace = Workspace.of_the_repository(tmp_path / "clone")
    config = workspace.config
    config["download"] = {"api": osf.api, "nodes": ["root", "one", "two"]}
    config["download"] |= {"attempts": 2, "first_wait_s": 0.01}
    config["studies"]["gwilliams"]["layout"] |= {"subjects": ["01"], "absent": []}
    workspace.config = config
    return workspace


def test_the_subjects_of_the_layout_are_fetched_in_as_many_calls_as_it_takes(osf, workspace):
    osf.spoil("/content/root/README.md", Fault(status=404))
    result = workspace.snakemake("download_gwilliams", check=False)
    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    assert "data/gwilliams: expected 8 files, found 1 that could not be fetched" in result.stdout
    osf.requests.clear()
    result = workspace.snakemake("download_gwilliams")
    assert "all 8 files" in result.stdout
    assert osf.fetched() == ["README.md"]
    assert tree(workspace.folder / "data/gwilliams") == held(osf, "root", "one")


def test_no_other_target_downloads(osf, workspace):
    planned = workspace.snakemake("--dry-run", "results/demo/report.html").stdout
    assert "simulate_recording" in planned
    assert "download_" not in planned
    assert osf.requests == []


def test_a_study_that_is_to_be_fetched_by_hand(workspace):
    config = workspace.config
    config["studies"]["brennan"] = config["studies"]["gwilliams"] | {"raw_folder": "data/alice"}
    config["studies"]["brennan"]["layout"] = config["studies"]["gwilliams"]["layout"] | {
        "subjects": ["S01"]
    }
    workspace.config = config
    result = workspace.snakemake("download_brennan", check=False)
    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    assert "path /bn/99/97/38/r/" in result.stdout
    assert "data/alice: expected the recordings of 1 subjects" in result.stdout
