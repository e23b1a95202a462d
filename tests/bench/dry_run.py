"""What Snakemake itself costs: dry runs of the full-size MEG-MASC tree, and its share of the demo.

PYTHONPATH=workflow_scripts python -m tests.bench.dry_run

The tree has 196 recordings. Its files are empty, but Snakemake's records of them are whole, so that
it compares params, code and inputs of every job. The demo is really run.
"""

import csv
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.workflow.workspace import Workspace

REPEATS = 3


def best_of(act: Callable[[], object]) -> str:
    """Tell the shortest time that it takes, and the processor time, which others do not disturb."""
    wall_s, processor_s = [], []
    for _ in range(REPEATS):
        began, spent = time.perf_counter(), processor_time_s()
        act()
        wall_s.append(time.perf_counter() - began)
        processor_s.append(processor_time_s() - spent)
    return f"{min(wall_s):.1f} s (processor {min(processor_s):.1f} s)"


def processor_time_s() -> float:
    """Of the processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def run_nothing(workspace: Workspace, *arguments: str) -> None:
    assert "Nothing to be done" in workspace.snakemake(*arguments).stdout


def measure_tree(workspace: Workspace) -> None:
    report = "results/gwilliams/report.html"
    workspace.lay_raw_files("gwilliams")
    speech_model = workspace.folder / "weights/xlsr_53_56k.pt"
    speech_model.parent.mkdir()
    speech_model.touch()
    n_jobs = sum(workspace.planned_jobs(report).values())
    before = best_of(lambda: workspace.planned_jobs(report))
    workspace.pretend(report)
    dry = best_of(lambda: run_nothing(workspace, "--dry-run", report))
    run = best_of(lambda: run_nothing(workspace, report))
    print(
        f"196 recordings, {n_jobs} jobs: before the first run, dry run {before}; finished,"
        f" dry run {dry}, run {run}"
    )


def busy_s(folder: Path) -> float:
    """Sum up the time in which at least one job was at work, by Snakemake's records in `folder`.

    A job is at work from its recorded start for as long as its own benchmark file says, or, without
    one, to its recorded end.
    """
    spans = set()
    for path in (folder / ".snakemake/metadata").iterdir():
        record = json.loads(path.read_text())
        start_s, end_s = record["starttime"], record["endtime"]
        benchmark = folder / record["log"][0].replace("/logs/", "/benchmarks/")
        if benchmark.with_suffix(".tsv").is_file():
            with benchmark.with_suffix(".tsv").open() as file:
                end_s = start_s + float(next(csv.DictReader(file, delimiter="\t"))["s"])
        spans.add((start_s, end_s))
    return length_of_union(spans)


def length_of_union(spans: Iterable[tuple[float, float]]) -> float:
    total = reached = 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def measure_demo(workspace: Workspace) -> None:
    report = "results/demo/report.html"
    began = time.perf_counter()
    workspace.snakemake(report)
    wall_s = time.perf_counter() - began
    own_s = wall_s - busy_s(workspace.folder)
    dry = best_of(lambda: run_nothing(workspace, "--dry-run", report))
    run = best_of(lambda: run_nothing(workspace, report))
    print(
        f"demo: {wall_s:.0f} s, no job at work for {own_s:.1f} s ({own_s / wall_s:.1%}); finished,"
        f" dry run {dry}, run {run}"
    )


def main() -> None:
    print(f"{os.cpu_count()} cores, best of {REPEATS}; the demo runs once, with two cores")
    for measure in (measure_tree, measure_demo):
        with tempfile.TemporaryDirectory() as name:
            measure(Workspace.of_the_repository(Path(name) / "clone"))


if __name__ == "__main__":
    main()
