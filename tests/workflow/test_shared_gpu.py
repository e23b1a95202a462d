"""One GPU serves one job at a time: on one machine, whoever uses it takes all the cores."""

import re

from tests.workflow.conftest import REPORT

GPU_RULES = ("embed_speech", "train_decoder", "evaluate_decoder", "control_decoder")


def test_no_two_gpu_jobs_fit_beside_each_other(finished, tmp_path):
    workspace = finished.sketch(tmp_path / "clone")
    config = workspace.config
    del config["studies"]["demo"]["job_cores"]  # counts only where there is no GPU
    workspace.config = config
    planned = ("--cores", "8", "--dry-run", "--forceall", "--printshellcmds", REPORT)
    output = workspace.snakemake(*planned).stdout
    threads = dict(re.findall(r"workflow_scripts/(\w+)\.py .*--threads (\d+)", output))
    assert threads == dict.fromkeys(GPU_RULES, "8")
