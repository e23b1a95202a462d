"""A tiny study, run on this machine, and on the cluster that `make test-slurm` starts."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.slurm.cluster import output_of, submit
from tests.slurm.faults import EXPERIMENT, FAULTS
from tests.workflow.conftest import REPORT, make_tiny, report_of
from tests.workflow.workspace import Workspace


class Run(NamedTuple):
    workspace: Workspace
    output: Future[str]  # what Snakemake says, when it ends


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workspace:
    """A workspace in which this machine made the report; not to be changed."""
    return report_of(make_tiny, tmp_path_factory.mktemp("finished") / "clone")


def undisturbed(workspace: Workspace) -> str:
    return output_of(submit(workspace, REPORT))


@pytest.fixture(scope="session")
def runs(finished, tmp_path_factory) -> dict[Callable, Run]:
    """A run from nothing, and one of a single training for each fault that can befall it.

    They run at the same time, because most of it is spent waiting.
    """
    started = {}
    with ThreadPoolExecutor(1 + len(FAULTS)) as pool:
        folder = tmp_path_factory.mktemp("undisturbed") / "clone"
        workspace = Workspace.of_the_repository(folder)
        make_tiny(workspace)
        started[undisturbed] = Run(workspace, pool.submit(undisturbed, workspace))
        for fault in FAULTS:
            workspace = finished.copy(tmp_path_factory.mktemp(fault.__name__) / "clone")
            shutil.rmtree(workspace.folder / EXPERIMENT)
            started[fault] = Run(workspace, pool.submit(fault, workspace))
    return started


@pytest.fixture
def submitted(runs) -> Run:
    """The run from nothing on the cluster, in which nothing went wrong."""
    return runs[undisturbed]
