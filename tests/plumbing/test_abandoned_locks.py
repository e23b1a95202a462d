"""Locks of a run that was killed are removed; those of one that is running are not."""

import signal
import subprocess
import sys

import pytest

from plumbing.abandoned_locks import remove_abandoned_locks
from plumbing.running_jobs import mark_job

RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, "workflow_scripts")
from plumbing.abandoned_locks import remove_abandoned_locks
remove_abandoned_locks(Path(sys.argv[1]))
locks = Path(sys.argv[1], "locks")
locks.mkdir(exist_ok=True)
(locks / "0.input.lock").write_text("a")
print("locked", flush=True)
time.sleep(600)
"""


def alive(code, folder, *, says):
    """Give a process that runs `code`, from when it has said so until the test ends."""
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == f"{says}\n"
        yield process
        process.kill()


@pytest.fixture
def running(tmp_path):
    """A process that holds a lock in tmp_path, as Snakemake does."""
    yield from alive(RUN, tmp_path, says="locked")


JOB = """
import sys, time
from pathlib import Path
sys.path.insert(0, "workflow_scripts")
from plumbing.running_jobs import mark_job
mark_job(Path(sys.argv[1]))
print("at work", flush=True)
time.sleep(600)
"""


@pytest.fixture
def job(tmp_path):
    """A job that Snakemake started, and that does not end with it."""
    yield from alive(JOB, tmp_path, says="at work")


def locks(folder):
    return [path.name for path in (folder / "locks").glob("*")]


def test_the_locks_of_a_running_process_stay(running, tmp_path):
    for _ in range(2):
        assert not remove_abandoned_locks(tmp_path)
    assert locks(tmp_path) == ["0.input.lock"]


def test_the_locks_of_a_killed_process_are_removed(running, tmp_path):
    running.kill()
    running.wait()
    assert remove_abandoned_locks(tmp_path)
    assert locks(tmp_path) == []
    assert not remove_abandoned_locks(tmp_path)


def test_locks_from_another_machine_stay(running, tmp_path, monkeypatch):
    running.kill()
    running.wait()
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    for _ in range(2):
        assert not remove_abandoned_locks(tmp_path)
    assert locks(tmp_path) == ["0.input.lock"]


def test_jobs_of_a_running_process_stay(running, job, tmp_path):
    assert not remove_abandoned_locks(tmp_path)
    assert job.poll() is None


def test_jobs_of_a_killed_process_are_ended_before_its_locks_go(running, job, tmp_path):
    running.kill()
    running.wait()
    assert remove_abandoned_locks(tmp_path)
    assert job.wait(timeout=10) == -signal.SIGTERM
    assert locks(tmp_path) == []


def test_a_job_on_another_machine_keeps_the_locks(running, job, tmp_path):
    (mark,) = (tmp_path / "jobs").iterdir()
    mark.rename(mark.with_name(f"elsewhere.{job.pid}"))
    running.kill()
    running.wait()
    assert not remove_abandoned_locks(tmp_path)
    assert job.poll() is None
    assert locks(tmp_path) == ["0.input.lock"]


def test_where_snakemake_did_not_start_no_job_is_marked(tmp_path):
    mark_job(tmp_path / ".snakemake")
    assert list(tmp_path.iterdir()) == []
