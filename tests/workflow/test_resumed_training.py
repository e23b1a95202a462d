"""A training that is killed in the middle of the workflow, continued by the same command."""

import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.workflow.conftest import REPORT
from tests.workflow.workspace import Workspace

EXPERIMENT = "results/demo/experiments/main/seed-2036"
METRICS = "results/demo/metrics.json"
SAME = [METRICS] + [
    f"{EXPERIMENT}/{name}"
    for name in ("decoder.safetensors", "decoder.json", "history.csv", "metrics.json")
]
WHOLE, HALF = ".resume/[!.]*.checkpoint", ".resume/.*.partial*"


def training_of(run: subprocess.Popen) -> psutil.Process | None:
    """Find the process that trains, among those that Snakemake started."""
    for process in psutil.Process(run.pid).children(recursive=True):
        try:
            words = process.cmdline()
        except psutil.NoSuchProcess:
            continue
        if len(words) > 1 and words[1].endswith("train_decoder.py"):
            return process
    return None


def kill_once(workspace: Workspace, moments: random.Random, *, while_writing: bool) -> bool:
    """Start the workflow, and kill its training with SIGKILL; tell whether half a file was left."""
    folder = workspace.folder / EXPERIMENT
    known = {path.stat().st_mtime_ns for path in folder.glob(WHOLE)}
    run = workspace.start(REPORT)
    process = None
    while process is None and run.poll() is None:
        process = training_of(run)
        time.sleep(0.01)
    count, seen = moments.choice([0, 1, 3]), set()
    while run.poll() is None and not (
        any(folder.glob(HALF)) if while_writing else len(seen) >= count
    ):
        seen |= {path.stat().st_mtime_ns for path in folder.glob(WHOLE)} - known
    if not while_writing:
        time.sleep(moments.uniform(0, 1))
    process.kill()
    left = any(folder.glob(HALF))
    run.communicate()
    assert run.returncode == 1
    return left


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in SAME}


def page(folder: Path) -> str:
    """Give the report without what its steps cost, which is never the same."""
    before, costs, after = re.split(
        "<h3>Time and memory</h3>|<h3>Files</h3>", (folder / REPORT).read_text()
    )
    assert "train_decoder" in costs
    return before + after


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.long)])
def test_kills_change_neither_the_decoder_nor_the_report(finished, workspace, kills):
    config = workspace.config
    config["running"]["checkpoint_minutes"] = 0
    workspace.config = config
    assert workspace.planned_rules(REPORT) == set()  # how a training is run makes nothing outdated
    shutil.rmtree(workspace.folder / EXPERIMENT)
    for name in (REPORT, METRICS):
        (workspace.folder / name).unlink()
    shutil.rmtree(workspace.folder / "results/demo/drafts")
    moments = random.Random(1)
    half_written = [kill_once(workspace, moments, while_writing=n == 1) for n in range(kills)]
    assert any(half_written)
    workspace.snakemake(REPORT)
    assert contents(workspace.folder) == contents(finished.folder)
    assert page(workspace.folder) == page(finished.folder)
    assert not (workspace.folder / EXPERIMENT / ".resume").exists()
