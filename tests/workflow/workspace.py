"""A copy of the repository in which the workflow can be run, edited and broken."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CODE = ("Snakefile", "config.yaml", "rules", "profiles", "envs", "workflow_scripts")


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

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake here; stdout and stderr come as one text."""
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        )

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here; stdout and stderr come back as one text in `stdout`."""
        run = self.start(*arguments)
        output, _ = run.communicate()
        if check and run.returncode != 0:
            raise AssertionError(output[-6000:])
        return subprocess.CompletedProcess(run.args, run.returncode, output)

    def planned_rules(self, *targets: str) -> set[str]:
        """Give the names of the rules that a dry run would run."""
        output = self.snakemake("--dry-run", *targets).stdout
        # Two lines of heading, a line per rule with its number of jobs, and their total.
        table = re.search(r"^Job stats:\n.*\n.*\n((?:\w+ +\d+\n)+)", output, flags=re.MULTILINE)
        rules = {line.split()[0] for line in table[1].splitlines()} if table else set()
        assert rules or "Nothing to be done" in output, output
        return rules - {"total"}

    @property
    def config(self) -> dict[str, Any]:
        return yaml.safe_load((self.folder / "config.yaml").read_text())

    @config.setter
    def config(self, value: dict[str, Any]) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(value, sort_keys=False))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1))


def _copy(source: Path, target: Path, *, linked: bool = False) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        copy = os.link if linked else shutil.copy2
        shutil.copytree(source, target, ignore=ignored, copy_function=copy, symlinks=True)
    else:
        shutil.copy2(source, target)
