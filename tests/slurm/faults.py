"""What can befall a training on the cluster. Each function gives what Snakemake said in the end."""

import re
import subprocess
import time

from tests.slurm.cluster import output_of, slurm, submit, training_in
from tests.workflow.workspace import Workspace

EXPERIMENT = "results/demo/experiments/main/seed-2036"
METRICS = f"{EXPERIMENT}/metrics.json"
LIMIT_MINUTES = 2
SHORT = ("--set-resources", f"train_decoder:runtime={LIMIT_MINUTES}", "--")


def killed(workspace: Workspace) -> str:
    run = submit(workspace, METRICS)
    training_in(workspace, run).kill()
    return output_of(run)


def cancelled(workspace: Workspace) -> str:
    run = submit(workspace, METRICS)
    slurm("scancel", training_in(workspace, run))
    return output_of(run)


def requeued(workspace: Workspace) -> str:
    run = submit(workspace, METRICS)
    slurm("scontrol requeue", training_in(workspace, run))
    return output_of(run)


def short_of_time(workspace: Workspace) -> str:
    """The training sees that its time is up when a quarter of its job's minutes are left."""
    run = submit(workspace, *SHORT, METRICS)
    training = training_in(workspace, run)
    training.suspend()
    time.sleep(max(0, training.create_time() + 0.75 * 60 * LIMIT_MINUTES + 1 - time.time()))
    training.resume()
    return output_of(run)


def killed_at_the_limit(workspace: Workspace) -> str:
    """The training hangs, and so cannot see it."""
    run = submit(workspace, *SHORT, METRICS)
    training = training_in(workspace, run)
    training.suspend()
    training.wait()
    return output_of(run)


def short_of_memory(workspace: Workspace) -> str:
    little = ("--set-resources", "train_decoder:mem_mb=250 * attempt * attempt", "--")
    return output_of(submit(workspace, *little, METRICS))


def left_by_snakemake(workspace: Workspace) -> str:
    """Snakemake is killed: its jobs, which go on without it, are cancelled, and it starts again."""
    run = submit(workspace, METRICS)
    training_in(workspace, run)
    run.kill()
    output, _ = run.communicate()
    name = re.search(r"SLURM run ID: (\S+)", output)[1]
    subprocess.run(["scancel", "--name", name], check=True)
    output_of(submit(workspace, "--unlock"))
    return output_of(submit(workspace, METRICS))


FAULTS = (
    killed,
    cancelled,
    requeued,
    short_of_time,
    killed_at_the_limit,
    short_of_memory,
    left_by_snakemake,
)
