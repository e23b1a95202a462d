"""A copy of the repository in which the workflow can be run, edited and broken."""

import csv
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from configuration.settings import merge
from speech_decoding.studies import open_study

ROOT = Path(__file__).parents[2]
CODE = ("Snakefile", "config.yaml", "config", "rules", "profiles", "envs", "workflow_scripts")


@dataclass(frozen=True)
class Job:
    """One job, as Snakemake sums it up; inputs and outputs are sorted."""

    rule: str
    inputs: list[str]
    outputs: list[str]
    command: str


class Workspace:
    """A copy of the workflow's code in `folder`, with the data and results of its runs."""

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def of_the_repository(cls, folder: Path) -> "Workspace":
        folder.mkdir(parents=True)
        for name in CODE:
            _copy(ROOT / name, folder / name)
        return cls(folder)

    def copy(self, folder: Path) -> "Workspace":
        """Copy everything, time stamps and Snakemake's memory included; large files are linked."""
        folder.mkdir(parents=True)
        for path in self.folder.iterdir():
            linked = path.name in ("data", "results", "weights")
            _copy(path, folder / path.name, linked=linked)
        return Workspace(folder)

    def sketch(self, folder: Path) -> "Workspace":
        """Copy the code alone and link to all else: for dry runs, which leave it as it is."""
        folder.mkdir(parents=True)
        for path in self.folder.iterdir():
            if path.name in CODE:
                _copy(path, folder / path.name)
            else:
                (folder / path.name).symlink_to(path)
        return Workspace(folder)

    @property
    def environment(self) -> dict[str, str]:
        """What Snakemake and its jobs are started with: a wide terminal without colours."""
        # The interpreter's own folder first, as the Snakefile has it for jobs.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        return os.environ | {"PATH": path, "COLUMNS": "200", "NO_COLOR": "1"}

    def start(self, *arguments: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start Snakemake here; stdout and stderr come as one text.

        `under` is a command that starts the one after it, such as `env` or `setpriv`.
        """
        return subprocess.Popen(
            [*under, sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )

    def snakemake(
        self, *arguments: str, check: bool = True, under: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; stdout and stderr come back as one text in `stdout`."""
        run = self.start(*arguments, under=under)
        output, _ = run.communicate()
        if check and run.returncode != 0:
            raise AssertionError(output[-6000:])
        return subprocess.CompletedProcess(run.args, run.returncode, output)

    def planned_jobs(self, *targets: str) -> dict[str, int]:
        """Give the rules that a dry run would run, and how many jobs of each."""
        return read_plan(self.snakemake("--dry-run", *targets).stdout)

    def planned_rules(self, *targets: str) -> set[str]:
        """Give the names of the rules that a dry run would run."""
        return set(self.planned_jobs(*targets))

    def jobs(self, *targets: str) -> list[Job]:
        """List all jobs that `targets` come from, made or not, sorted by their outputs.

        Those that are not yet made are told apart by their inputs alone.
        """
        table = self.snakemake("--detailed-summary", "--", *targets).stdout
        lines = table[table.index("output_file\t") :].splitlines()
        outputs: dict[tuple[str, str, str], list[str]] = {}
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["rule"]:  # else a line of Snakemake's, below the table
                job = row["rule"], row["input-file(s)"], row["shellcmd"]
                outputs.setdefault(job, []).append(row["output_file"])
        jobs = [
            Job(rule, sorted(inputs.split(",")), sorted(own), command)
            for (rule, inputs, command), own in outputs.items()
        ]
        return sorted(jobs, key=lambda job: job.outputs)

    def lay_raw_files(self, study: str) -> list[Path]:
        """Make all raw files of a study, empty."""
        entry = self.config["studies"][study]
        reader = open_study(entry["reader"], self.folder / entry["raw_folder"], entry["layout"])
        paths = [path for recording in reader.recordings() for path in reader.raw_files(recording)]
        paths += [path for story in reader.stories() for path in reader.wav_files(story)]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return paths

    def pretend(self, *targets: str) -> None:
        """Make it look as if `targets` had been made: outputs are empty, Snakemake's records real.

        Snakemake itself touches every output in the order of the jobs, and remembers params, code
        and inputs of each, as after a run.
        """
        summary = self.snakemake("--summary", "--", *targets).stdout
        rows = (line.split("\t") for line in summary.splitlines() if line.count("\t") == 5)
        for name in [row[0] for row in rows][1:]:
            path = self.folder / name
            folder = path if path.suffix == "" else path.parent  # a rule may make a whole folder
            folder.mkdir(parents=True, exist_ok=True)
            if folder != path:
                path.touch()
        self.snakemake("--touch", "--forceall", "--quiet", "all", "--", *targets)

    @property
    def config(self) -> dict[str, Any]:
        """All settings, also those of the folder config/; what is set goes into config.yaml."""
        contents = (yaml.safe_load(path.read_text()) for path in self.config_files)
        return functools.reduce(merge, contents)

    @config.setter
    def config(self, value: dict[str, Any]) -> None:
        for path in self.config_files:
            path.write_text(yaml.safe_dump({}))
        (self.folder / "config.yaml").write_text(yaml.safe_dump(value, sort_keys=False))

    @property
    def config_files(self) -> list[Path]:
        return [*sorted(self.folder.glob("config/*.yaml")), self.folder / "config.yaml"]

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1))


def read_plan(output: str) -> dict[str, int]:
    """Read which rules a dry run would run, and how many jobs of each."""
    # Two lines of heading, a line per rule with its number of jobs, and their total.
    table = re.search(r"^Job stats:\n.*\n.*\n((?:\w+ +\d+\n)+)", output, flags=re.MULTILINE)
    jobs = dict(line.split() for line in table[1].splitlines()) if table else {}
    assert jobs or "Nothing to be done" in output, output
    return {rule: int(count) for rule, count in jobs.items() if rule != "total"}


def _copy(source: Path, target: Path, *, linked: bool = False) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        copy = os.link if linked else shutil.copy2
        shutil.copytree(source, target, ignore=ignored, copy_function=copy, symlinks=True)
    else:
        shutil.copy2(source, target)
