"""The changes of docs/maintainers/reruns.md: how each is made, and whom it should concern."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.workflow.expected_reruns import LIBRARY, SETTINGS
from tests.workflow.workspace import ROOT, Workspace

SCRIPTS = ROOT / "workflow_scripts"
PAGES = ("report.html", "paper_table.html", "sweeps/without_story.html")
SPEECH_MODEL = "embeddings/wav2vec2/fairseq.json"


def targets_of(*studies: str) -> list[str]:
    """What every rule is needed for but those that download."""
    return [f"results/{study}/{name}" for study in studies for name in (*PAGES, SPEECH_MODEL)]


SIMULATED, RECORDED = targets_of("demo", "demo_eeg"), targets_of("gwilliams")
RAW = "data/gwilliams/sub-02/ses-0/meg/sub-02_ses-0_task-0"
OVER_1_MB = 2_000_000
# Scripts of more than the rule of their name.
USED_BY = {"publish_page": "publish_page publish_report"}


@dataclass(frozen=True)
class Change:
    """A change, told in the words of the page; `concerned` is its statement."""

    told: str
    concerned: str
    make: Callable[[Workspace], None]
    targets: tuple[str, ...] = tuple(SIMULATED)


def override(path: str, value: object) -> Callable[[Workspace], None]:
    def make(workspace: Workspace) -> None:
        config = workspace.config
        *parents, last = path.split(".")
        block = config
        for parent in parents:
            block = block.setdefault(parent, {})
        assert block.get(last) != value, f"{path} is {value} already"
        block[last] = value
        workspace.config = config

    return make


def append_to(path: Path) -> None:
    """Change what a file says; of a module, also what it does."""
    with path.open("a", encoding="utf-8") as file:
        file.write("\nCHANGED = True\n" if path.suffix == ".py" else "\n")


def lengthen(path: Path) -> Callable[[Workspace], None]:
    return lambda workspace: append_to(workspace.folder / path.relative_to(ROOT))


def file_of(folder: str, name: str) -> Path:
    return SCRIPTS / folder / (name if "." in name else f"{name}.py")


def files_of(folder: str, names: str) -> list[Path]:
    """The files of a line of LIBRARY."""
    if names != "*":
        return [file_of(folder, name) for name in names.split()]
    named = {file_of(folder, name) for names in LIBRARY[folder] for name in names.split()}
    present = (SCRIPTS / folder).iterdir()
    return sorted(path for path in present if path.is_file() and path not in named)


def tell_line(folder: str, names: str, files: list[Path]) -> str:
    if names == "*":
        return f"`{folder}/`: all {'other files' if len(LIBRARY[folder]) > 1 else 'files'}"
    return f"`{folder}/`: " + ", ".join(f"`{path.name}`" for path in files)


LINES = {
    tell_line(folder, names, files): (files, concerned)
    for folder, lines in LIBRARY.items()
    for names, concerned in lines.items()
    for files in [files_of(folder, names)]
}
LINES |= {
    f"`{path.name}`": (
        [path],
        "" if path.stem.startswith("download") else USED_BY.get(path.stem, path.stem),
    )
    for path in sorted(SCRIPTS.glob("*.py"))
}


def replace(path: str) -> Callable[[Workspace], None]:
    def make(workspace: Workspace) -> None:
        (workspace.folder / path).unlink()  # it is linked to the original
        (workspace.folder / path).write_text("another recording")

    return make


def replace_by_older(path: str) -> Callable[[Workspace], None]:
    def make(workspace: Workspace) -> None:
        raw = workspace.folder / path
        status, content = raw.stat(), bytearray(raw.read_bytes())
        content[-1] ^= 1
        raw.unlink()  # it is linked to the original
        raw.write_bytes(content)
        os.utime(raw, ns=(0, status.st_mtime_ns - 10**12))

    return make


def remove(path: str) -> Callable[[Workspace], None]:
    return lambda workspace: (workspace.folder / path).unlink()


def touch(*patterns: str) -> Callable[[Workspace], None]:
    def make(workspace: Workspace) -> None:
        paths = [path for pattern in patterns for path in workspace.folder.glob(pattern)]
        assert paths
        for path in paths:
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)

    return make


def edit(path: str, old: str, new: str) -> Callable[[Workspace], None]:
    return lambda workspace: workspace.edit(path, old, new)


def comment(workspace: Workspace) -> None:
    training = "workflow_scripts/speech_decoding/training/loop.py"
    workspace.edit(training, '"""Training: ', '"""Training, better told: ')
    workspace.edit(training, "import time", "# why not\nimport  time")
    workspace.edit("Snakefile", "# The target", "# What is made, the target")
    for name in ("rules/train.smk", "config.yaml"):
        path = workspace.folder / name
        path.write_text("# Well said.\n" + path.read_text())


def reorder(workspace: Workspace) -> None:
    def reverse(value: object) -> object:
        if isinstance(value, dict):
            return {key: reverse(value[key]) for key in reversed(value)}
        return value

    workspace.config = reverse(workspace.config)


def visit_a_branch(workspace: Workspace) -> None:
    def git(*words: str) -> None:
        names = ["-c", "user.name=One", "-c", "user.email=one@example.org"]
        subprocess.run(["git", *names, *words], cwd=workspace.folder, check=True, timeout=60)

    code = ["Snakefile", "config.yaml", "config", "rules", "envs", "workflow_scripts"]
    git("init", "--quiet", "--initial-branch", "main")
    git("add", *code)
    git("commit", "--quiet", "--message", "as it was")
    git("checkout", "--quiet", "-b", "other")
    lengthen(SCRIPTS / "speech_decoding/training/loop.py")(workspace)
    override("splits.seed", 13)(workspace)
    git("commit", "--quiet", "--all", "--message", "another way")
    git("checkout", "--quiet", "main")


def move(workspace: Workspace) -> None:
    moved = workspace.folder.with_name("another place")
    workspace.folder.rename(moved)
    workspace.folder = moved


def nothing(workspace: Workspace) -> None:
    pass


SETTINGS_CHANGES = [
    Change(f"`{path}`: `{value}`", concerned, override(path, value))
    for path, value, concerned in SETTINGS
]
CODE_CHANGES = [
    Change(name, concerned, lengthen(files[0])) for name, (files, concerned) in LINES.items()
]
CODE_CHANGES += [
    Change(
        f"`studies/{name}.py`, for the other study's targets",
        "",
        lengthen(file_of("speech_decoding/studies", name)),
        tuple(targets_of(other)),
    )
    for name, other in (("gwilliams", "demo_eeg"), ("brennan", "gwilliams"))
]
RULE = "rules/train.smk"
OTHER_CHANGES = [
    Change("no change", "", nothing),
    Change(
        "code, rules and `config.yaml` touched",
        "",
        touch("*.yaml", "config/*", "rules/*", "**/*.py"),
    ),
    Change("comments, docstrings and formatting; also those of `rules/`", "", comment),
    Change("the keys of `config.yaml` in another order", "", reorder),
    Change("another branch of git checked out, and back", "", visit_a_branch),
    Change("the clone moved to another folder", "", move),
    Change("`envs/requirements.txt`", "", lengthen(ROOT / "envs/requirements.txt")),
    Change(
        f"the command of a rule in `{RULE}`",
        "train_decoder",
        edit(RULE, " --threads {threads} {params.options}", " {params.options}"),
    ),
    Change(
        f"memory or time of a rule in `{RULE}`",
        "",
        edit(RULE, "growing(32000)", "growing(16000)"),
    ),
    Change("the report deleted", "publish_report", remove("results/demo/report.html")),
    Change(
        "another output deleted, until a rule that reads it runs",
        "",
        remove("results/demo/segments/scalers.parquet"),
    ),
    Change("an output touched", "", touch("results/demo/splits/words.parquet")),
    Change(
        "`layout.subjects` of a real study: one more",
        "check_recording",
        override("studies.gwilliams.layout.subjects", ["01", "02", "03"]),
        tuple(RECORDED),
    ),
    Change(
        "`exclude` of a real study: one more subject",
        "check_study",
        override("studies.gwilliams.exclude", {"02": "sleepy"}),
        tuple(RECORDED),
    ),
    Change("a raw file replaced", "check_recording", replace(f"{RAW}_meg.con"), tuple(RECORDED)),
    Change(
        "a raw file replaced by one of the same size and with an older time",
        "check_recording",
        replace_by_older(f"{RAW}_meg.con"),
        tuple(RECORDED),
    ),
    Change(
        "all raw files touched, or copied with new times",
        "",
        touch("data/gwilliams/**/*.*"),
        tuple(RECORDED),
    ),
]
