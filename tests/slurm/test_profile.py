"""The shipped profile: on a cluster comes out what comes out here, and in few jobs."""

import re

import pytest

from tests.slurm.cluster import output_of, submit
from tests.workflow.conftest import REPORT

pytestmark = pytest.mark.slurm


def test_the_same_bytes_come_out(finished, submitted):
    submitted.output.result()
    results = finished.folder / "results/demo"
    for pattern in ("metrics.json", "verdicts.json", "experiments/*/*/decoder.safetensors"):
        paths = list(results.glob(pattern))
        assert paths
        for path in paths:
            on_cluster = submitted.workspace.folder / path.relative_to(finished.folder)
            assert on_cluster.read_bytes() == path.read_bytes(), path


def test_recordings_wait_in_the_queue_together(submitted):
    output = submitted.output.result()
    counts = {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)}
    batched = ("simulate_recording", "check_recording", "preprocess_recording")
    assert [counts[rule] for rule in batched] == [2, 2, 2]
    alone = counts["total"] - 6 - counts["check_study"]
    assert output.count("has been submitted with SLURM jobid") == alone + len(batched)


def test_nothing_runs_again_here(submitted):
    submitted.output.result()
    assert submitted.workspace.planned_rules(REPORT) == set()


def test_nothing_runs_again_on_the_cluster(finished, tmp_path):
    run = submit(finished.copy(tmp_path / "clone"), REPORT)
    assert "Nothing to be done" in output_of(run)
