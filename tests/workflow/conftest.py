"""One small simulated study, run once, from which the workflow's tests start."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.workspace import Workspace

REPORT = "results/demo/report.html"


def make_small(workspace: Workspace) -> None:
    """Shrink the demo: two listeners, one session, a small decoder, all three experiments."""
    config = workspace.config
    demo = config["studies"]["demo"]
    demo["layout"] |= {"subjects": ["01", "02"], "sessions": ["0"], "absent": []}
    demo["simulation"] |= {"snr": 0.5, "duration_s": 120}
    demo["settings"]["training"] |= {"epochs": 6, "patience": 6, "learning_rate": 0.001}
    for control in ("noise_input", "shuffled_pairs"):
        config["experiments"][control]["training"]["epochs"] = 3
    demo["settings"]["report"] |= {"experiments": ["main", "noise_input", "shuffled_pairs"]}
    workspace.config = config


def make_tiny(workspace: Workspace) -> None:
    """Shrink the small demo to two recordings and a training of seconds."""
    make_small(workspace)
    config = workspace.config
    demo = config["studies"]["demo"]
    del demo["layout"]["stories"]["the_glass_orchard"]
    demo["settings"]["decoder"] = {"hidden": 8, "virtual_channels": 8, "depth": 2}
    demo["settings"]["training"] |= {"epochs": 4}
    demo["settings"]["report"] |= {"experiments": ["main"], "controls": ["random"]}
    for experiment in ("main", "random"):
        config["experiments"][experiment]["embedding"] = "mel"
    config["running"]["checkpoint_minutes"] = 0
    workspace.config = config


def report_of(shrink: Callable[[Workspace], None], folder: Path) -> Workspace:
    """Give a workspace in a new `folder` in which the shrunk demo's report was made."""
    workspace = Workspace.of_the_repository(folder)
    shrink(workspace)
    workspace.snakemake(REPORT)
    return workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workspace:
    """A workspace in which the small study's report was made; not to be changed."""
    return report_of(make_small, tmp_path_factory.mktemp("finished") / "clone")


@pytest.fixture
def workspace(finished, tmp_path) -> Workspace:
    """A copy of the finished workspace, to be edited."""
    return finished.copy(tmp_path / "clone")


@pytest.fixture
def fresh(tmp_path) -> Workspace:
    """A workspace in which nothing was run."""
    return Workspace.of_the_repository(tmp_path / "clone")
