"""Whatever goes wrong in whichever rule, nothing wrong is read, and the same command repairs it.

What is found is written down in docs/maintainers/faults.md.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.advice import follow
from tests.workflow.conftest import REPORT, make_tiny, report_of
from tests.workflow.expected_reruns import NEXT
from tests.workflow.pages import check_page
from tests.workflow.workspace import Job, Workspace

METRICS = "results/demo/metrics.json"
TARGETS = [
    REPORT,
    "results/demo/paper_table.html",
    "results/demo/sweeps/without_subject.html",
    "results/demo/embeddings/wav2vec2/layers.npz",
    "results/demo_eeg/checks.parquet",
]
# No part of these runs: its environment is another one.
ELSEWHERE = {"compare_with_fairseq"}
MOST_RUNS = 60

PAGE = """# What happens when something breaks

Made by `tests/workflow/test_broken_jobs.py`, which ran it: in a small simulated study, the first
job of every rule was killed while it wrote its first output, and the second one found no room on
the disk. The same command was given until the study was complete; its `metrics.json` is the same,
byte for byte, as that of a study in which nothing happened. Then one input of each rule was cut
short by a byte, and a bit of one output was turned.

| rule | killed with SIGKILL | no room on the disk | input cut short | output changed |
|---|---|---|---|---|
{rows}

* made again: the job ended with an error, left no output, and ran again when the same command was
  given; what it had begun to write under another name was removed.
* told: the log said in a sentence which file could not be written, and what to do.
* refused: the job ended with a sentence that names the file and says to delete it; its own earlier
  outputs stayed as they were. The same command then makes the file again.
* verdict: a raw recording that is cut short is excluded, with the reason, and the study stops
  before anything is made from it.

A dash: no step reads the file, or it is a raw file, or one of the simulation's; these carry no
seals. The downloads are broken off, damaged and lied to in `tests/download`. `compare_with_fairseq`
runs in an environment of its own, writes one small file, and seals nothing.
"""


def list_jobs(workspace: Workspace) -> dict[str, list[Job]]:
    """List the jobs of each rule, in the order of the data."""
    by_rule: dict[str, list[Job]] = {rule: [] for rule in NEXT if rule not in ELSEWHERE}
    for job in workspace.jobs(*TARGETS):
        if job.rule in by_rule:
            by_rule[job.rule].append(job)
    return by_rule


def make_study(workspace: Workspace) -> None:
    """Shrink the demo, and the listeners of the EEG demo to one."""
    make_tiny(workspace)
    config = workspace.config
    config["studies"]["demo_eeg"]["layout"]["subjects"] = ["S01"]
    config["experiments"]["deep_mel"]["training"]["epochs"] = 0  # a minute each
    workspace.config = config


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Workspace:
    """The same study, in which nothing failed."""
    return report_of(make_study, tmp_path_factory.mktemp("undisturbed") / "clone")


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    """A study in which every rule failed twice; with the number of runs, and what they printed."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("repaired") / "clone")
    make_study(workspace)
    faults = tmp_path_factory.mktemp("faults")
    faulty = ["env", f"FAULTS={faults}", f"PYTHONPATH={Path(__file__).with_name('faulty')}"]
    printed = []
    while len(printed) < MOST_RUNS:
        result = workspace.snakemake("--keep-going", *TARGETS, check=False, under=faulty)
        printed.append(result.stdout)
        if result.returncode == 0:
            assert not list(workspace.folder.rglob("*.partial*"))
            return workspace, faults, printed
    raise AssertionError(printed[-1][-6000:])


@pytest.fixture(scope="module")
def jobs(repaired) -> dict[str, list[Job]]:
    workspace, _, _ = repaired
    return list_jobs(workspace)


def run_alone(workspace: Workspace, job: Job) -> subprocess.CompletedProcess[str]:
    """Run a job's command as Snakemake does, and check that it left its outputs as they were."""
    before = {name: (workspace.folder / name).stat().st_mtime_ns for name in job.outputs}
    result = subprocess.run(
        ["bash", "-c", f"set -euo pipefail; {job.command}"],
        cwd=workspace.folder,
        capture_output=True,
        text=True,
        check=False,
        env=workspace.environment,
    )
    assert {name: (workspace.folder / name).stat().st_mtime_ns for name in job.outputs} == before
    return result


def refuse(workspace: Workspace, job: Job, damaged: str, found: str, maker: str) -> None:
    """Run a job that meets a damaged file; check that it refuses it with a sentence.

    Whoever follows its advice has the file made again, by the rule `maker`, before the job runs.
    """
    result = run_alone(workspace, job)
    printed = result.stdout + result.stderr
    assert result.returncode != 0 and "Traceback" not in printed, printed
    sentence = re.search(rf"^Error: {re.escape(damaged)}: expected (.*)$", printed, re.MULTILINE)
    assert sentence and found in sentence[1], printed
    path = workspace.folder / damaged
    follow(
        sentence[0], {"delete the file and give the same command again": lambda *_: path.unlink()}
    )
    assert {maker, job.rule} <= workspace.planned_rules("--forcerun", job.rule, "--", *TARGETS)


def turn_a_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@contextmanager
def damaged(path: Path, damage: Callable[[bytes], bytes]) -> Iterator[None]:
    content = path.read_bytes()
    path.write_bytes(damage(content))
    yield
    path.write_bytes(content)


def sealed(workspace: Workspace, name: str) -> bool:
    path = workspace.folder / name
    return path.with_name(f".{path.name}.seal").is_file()


@pytest.mark.long
def test_a_study_in_which_everything_failed_ends_the_same(repaired, undisturbed):
    workspace, _, _ = repaired
    assert (workspace.folder / METRICS).read_bytes() == (undisturbed.folder / METRICS).read_bytes()
    assert "Nothing to be done" in workspace.snakemake(*TARGETS).stdout


@pytest.mark.long
def test_faults_are_written_down(repaired, jobs):
    workspace, faults, printed = repaired
    rows = []
    for rule, own in jobs.items():
        assert (faults / f"{rule}.killed").exists() and (faults / f"{rule}.no_room").exists()
        cells = [
            "made again",
            "told, made again" if was_told(own, "".join(printed)) else "made again",
            with_an_input_cut_short(workspace, own[0], jobs),
            with_an_output_changed(workspace, own[0], jobs),
        ]
        rows.append(f"| `{rule}` | {' | '.join(cells)} |")
    check_page("faults.md", PAGE.format(rows="\n".join(rows)))


def was_told(jobs: list[Job], printed: str) -> bool:
    """Tell whether a sentence said of an output, or of a part of one, that it was not written.

    It may stand behind the progress of a job that runs beside.
    """
    places = re.findall(r"Error: (\S+): expected a disk .* found File too large; ", printed)
    outputs = tuple(str(Path(name).with_suffix("")) for job in jobs for name in job.outputs)
    return any(place.startswith(outputs) for place in places)


def with_an_input_cut_short(workspace: Workspace, job: Job, jobs: dict[str, list[Job]]) -> str:
    name = next((name for name in job.inputs if sealed(workspace, name)), None)
    if name is None:
        return "verdict" if job.rule == "check_recording" else "-"
    maker = next(rule for rule, own in jobs.items() for each in own if name in each.outputs)
    with damaged(workspace.folder / name, lambda content: content[:-1]):
        refuse(workspace, job, name, "bytes", maker)
    return "refused"


def with_an_output_changed(workspace: Workspace, job: Job, jobs: dict[str, list[Job]]) -> str:
    everyone = [reader for own in jobs.values() for reader in own]
    readers = (
        (name, reader)
        for name in job.outputs
        if sealed(workspace, name)
        for reader in everyone
        if name in reader.inputs
    )
    name, reader = next(readers, (None, None))
    if reader is None:
        return "-"
    with damaged(workspace.folder / name, turn_a_bit):
        refuse(workspace, reader, name, "edited or damaged", job.rule)
    return f"refused by `{reader.rule}`"


# --- Snakemake itself


def begin_again(workspace: Workspace) -> None:
    """Remove what the last steps made, so that there is something to run."""
    for name in (REPORT, METRICS, "results/demo/verdicts.json"):
        (workspace.folder / name).unlink()
    shutil.rmtree(workspace.folder / "results/demo/drafts")


def wait_for_locks(workspace: Workspace) -> None:
    deadline_s = time.monotonic() + 60
    while not list((workspace.folder / ".snakemake" / "locks").glob("*")):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_two_runs_at_once_do_not_meet(undisturbed, tmp_path):
    workspace = undisturbed.copy(tmp_path / "clone")
    begin_again(workspace)
    first = workspace.start(REPORT)
    wait_for_locks(workspace)
    second = workspace.snakemake(REPORT, check=False)
    assert second.returncode != 0 and "locked" in second.stdout
    printed, _ = first.communicate()
    assert first.returncode == 0, printed
    assert (workspace.folder / METRICS).read_bytes() == (undisturbed.folder / METRICS).read_bytes()


def test_the_same_command_repairs_what_a_killed_run_left(undisturbed, tmp_path):
    workspace = undisturbed.copy(tmp_path / "clone")
    begin_again(workspace)
    run = workspace.start(REPORT)
    wait_for_locks(workspace)
    assert any("judge_controls" in line for line in run.stdout)
    run.kill()
    run.communicate()
    printed = workspace.snakemake(REPORT).stdout
    assert "The last run here was killed" in printed
    assert (workspace.folder / METRICS).read_bytes() == (undisturbed.folder / METRICS).read_bytes()


def test_looking_leaves_a_training_that_a_killed_run_left(undisturbed, tmp_path):
    workspace = undisturbed.copy(tmp_path / "clone")
    (decoder,) = workspace.folder.glob("results/demo/experiments/main/seed-*/decoder.safetensors")
    target = str(decoder.relative_to(workspace.folder))
    expected = decoder.read_bytes()
    decoder.unlink()
    run = workspace.start(target)
    marks = workspace.folder / ".snakemake/jobs"
    while not list(marks.glob("*")):
        assert run.poll() is None
    (mark,) = marks.glob("*")
    training = psutil.Process(int(mark.name.rpartition(".")[2]))
    training.suspend()
    run.kill()
    run.wait()
    for looking in (["--dry-run", target], ["--summary", target], ["--lint"]):
        printed = workspace.snakemake(*looking, check=False).stdout
        assert "The last run here was killed" not in printed
        assert training.status() == psutil.STATUS_STOPPED
        assert list((workspace.folder / ".snakemake" / "locks").glob("*"))
    training.resume()
    printed = workspace.snakemake(target).stdout
    assert "The last run here was killed" in printed
    assert not training.is_running()
    assert decoder.read_bytes() == expected
