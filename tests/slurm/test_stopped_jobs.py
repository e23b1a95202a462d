"""Whatever befalls a training on the cluster, it continues, and the same numbers come out."""

import re

import pytest

from tests.slurm.faults import (
    EXPERIMENT,
    FAULTS,
    left_by_snakemake,
    requeued,
    short_of_memory,
    short_of_time,
)

pytestmark = pytest.mark.slurm

SAME = [f"{EXPERIMENT}/{name}" for name in ("metrics.json", "decoder.safetensors", "history.csv")]
LOG = "results/demo/logs/train_decoder/main/seed-2036.log"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_numbers_come_out(finished, runs, fault):
    workspace, output = runs[fault]
    output.result()
    for name in SAME:
        assert (workspace.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    assert not (workspace.folder / EXPERIMENT / ".resume").exists()


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault is not short_of_memory])
def test_the_training_continued(runs, fault):
    workspace, output = runs[fault]
    output.result()
    first_shown = re.search(r"(\d+)/\d+ \[", (workspace.folder / LOG).read_text())
    assert int(first_shown[1]) > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_job_is_tried_again(runs, fault):
    """Not where SLURM itself or a second Snakemake does so."""
    tries = runs[fault].output.result().count("Trying to restart job")
    assert (tries == 0) == (fault in (requeued, left_by_snakemake))


def test_a_training_saves_itself_before_the_limit(runs):
    workspace, output = runs[short_of_time]
    output.result()
    logs = (workspace.folder / ".snakemake/slurm_logs").glob("rule_train_decoder/*/*.log")
    assert any("because its time is up" in log.read_text() for log in logs)
