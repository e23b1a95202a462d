"""Running the workflow on the cluster of up.sh, and finding there what runs."""

import signal
import subprocess
import time
from pathlib import Path

import psutil

from tests.workflow.workspace import Workspace

PROFILE = Path(__file__).parent / "profile"
LONGEST_RUN_S = 1200


def submit(workspace: Workspace, *arguments: str) -> subprocess.Popen[str]:
    """Start Snakemake with the profile that users have; its jobs go to the cluster."""
    profiles = ("--profile", "profiles/slurm", "--profile", str(PROFILE))
    return workspace.start(*profiles, *arguments)


def output_of(run: subprocess.Popen[str]) -> str:
    """Wait until the run has succeeded, but not for ever, as Snakemake does for a lost job."""
    try:
        output, _ = run.communicate(timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)  # it cancels its jobs
        output, _ = run.communicate()
    assert run.returncode == 0, output[-6000:]
    return output


def training_in(workspace: Workspace, run: subprocess.Popen[str]) -> psutil.Process:
    """Wait for the workspace's training to save a checkpoint, and give its process."""
    while not any(workspace.folder.glob("results/demo/experiments/*/*/.resume/[!.]*.checkpoint")):
        assert run.poll() is None, run.communicate()[0][-6000:]
        time.sleep(0.05)
    script = str(workspace.folder / "workflow_scripts/train_decoder.py")
    processes = psutil.process_iter(["cmdline"])
    return next(found for found in processes if (found.info["cmdline"] or [])[1:2] == [script])


def slurm(command: str, training: psutil.Process) -> None:
    """Give SLURM a command about the job in which a training runs."""
    subprocess.run([*command.split(), training.environ()["SLURM_JOB_ID"]], check=True)
