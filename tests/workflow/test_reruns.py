"""Which rules run again after which change: those that read what was changed, and no others.

What should run is stated in expected_reruns.py. Every change is made to a copy of studies that are
finished, as far as Snakemake knows, and followed by a dry run; of the library's many files, one of
each line of the statement is changed so, and all of them for the fingerprint that rules carry.
The outcome is the page docs/maintainers/reruns.md.
"""

import json
import os
import re
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from configuration.schema_file import known_modules
from plumbing import fingerprint
from plumbing.seals import hash_file
from speech_decoding import decoder
from speech_decoding.speech import targets
from speech_decoding.studies import open_study
from tests.workflow.changes import (
    CODE_CHANGES,
    LINES,
    OTHER_CHANGES,
    OVER_1_MB,
    RAW,
    RECORDED,
    SCRIPTS,
    SETTINGS_CHANGES,
    SIMULATED,
    Change,
    append_to,
)
from tests.workflow.conftest import REPORT, make_small
from tests.workflow.dry_runs import dry_run, dry_run_processes
from tests.workflow.expected_reruns import NEXT, SETTINGS, stated, with_followers
from tests.workflow.pages import check_page
from tests.workflow.workspace import ROOT, Workspace, read_plan

ARCHITECTURES = known_modules("speech_decoding.decoder.*.BrainModule")
READERS = known_modules("speech_decoding.studies.*.Study")
TARGETS = known_modules("speech_decoding.speech.targets.*.Target")
CHANGES = {change.told: change for change in SETTINGS_CHANGES + CODE_CHANGES + OTHER_CHANGES}
# Changes in a real study that concern one recording, the others' being checked and preprocessed.
OF_ONE = [change.told for change in OTHER_CHANGES if change.concerned == "check_recording"]


# --------------------------------------------------------------------------------- what would run


@pytest.fixture(scope="module")
def pretended(tmp_path_factory) -> Workspace:
    """Three studies that look finished: both simulated ones, and a small real one."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("pretended") / "clone")
    make_small(workspace)
    config = workspace.config
    config["studies"]["demo_eeg"]["layout"]["subjects"] = ["S02", "S44"]
    real = config["studies"]["gwilliams"]
    real["layout"] |= {"subjects": ["01", "02", "03"], "sessions": ["0"], "absent": []}
    real["layout"]["stories"] = {"lw1": {"task": "0", "parts": 4}}
    real["settings"] = {
        "embeddings": config["studies"]["demo"]["settings"]["embeddings"],
        "report": {"seeds": [2036]},
    }
    workspace.config = config
    workspace.lay_raw_files("gwilliams")
    os.truncate(workspace.folder / f"{RAW}_meg.con", OVER_1_MB)
    real["layout"]["subjects"] = ["01", "02"]  # a third one lies ready
    workspace.config = config
    workspace.pretend(*SIMULATED, *RECORDED)
    seal_as_read(workspace, "gwilliams")
    return workspace


def seal_as_read(workspace: Workspace, study: str) -> None:
    """Leave what a run notes of the raw files that it read."""
    entry = workspace.config["studies"][study]
    reader = open_study(entry["reader"], Path(entry["raw_folder"]), entry["layout"])
    read = {
        f"checks/{recording.id}.json": [
            *reader.raw_files(recording),
            *reader.wav_files(recording.story),
        ]
        for recording in reader.recordings()
    }
    for story in reader.stories():
        for output in workspace.folder.glob(f"results/{study}/[ae]*/**/{story}.npy"):
            name = output.relative_to(workspace.folder / "results" / study)
            read[str(name)] = reader.wav_files(story)
    for name, raw_files in read.items():
        output = workspace.folder / "results" / study / name
        status = {path: (workspace.folder / path).stat() for path in raw_files}
        seal = {
            "inputs": {str(path): hash_file(workspace.folder / path) for path in raw_files},
            "stamps": {str(path): [s.st_size, s.st_mtime_ns] for path, s in status.items()},
        }
        output.with_name(f".{output.name}.seal").write_text(json.dumps(seal))


@pytest.fixture(scope="module")
def plans(pretended, tmp_path_factory):
    """The jobs that would run after each change, by what is told of it; all at work already."""
    folder = tmp_path_factory.mktemp("changed")

    def plan(number: int, change: Change) -> dict[str, int]:
        copy = pretended.copy if change in OTHER_CHANGES else pretended.sketch
        workspace = copy(folder / str(number) / "clone")
        change.make(workspace)
        printed = processes.submit(dry_run, workspace.folder, *change.targets).result()
        shutil.rmtree(folder / str(number))
        return read_plan(printed)

    with dry_run_processes() as processes, ThreadPoolExecutor(os.cpu_count()) as threads:
        futures: dict[str, Future[dict[str, int]]] = {
            change.told: threads.submit(plan, number, change)
            for number, change in enumerate(CHANGES.values())
        }
        yield futures
        threads.shutdown(cancel_futures=True)


@pytest.mark.parametrize("told", CHANGES)
def test_what_reads_the_change_runs_and_nothing_else(plans, told):
    assert set(plans[told].result()) == stated(CHANGES[told].concerned)


@pytest.mark.parametrize("told", OF_ONE)
def test_other_recordings_are_left_alone(plans, told):
    jobs = plans[told].result()
    assert jobs["check_recording"] == jobs["preprocess_recording"] == 1


def test_every_block_of_the_configuration_is_changed(pretended):
    blocks = set(pretended.config) - {"audio"}  # which has one setting, with one value
    assert {path.partition(".")[0] for path, _, _ in SETTINGS} == blocks


# --------------------------------------------------------------------------- fingerprints of code


@pytest.fixture(scope="module")
def changed_codes(tmp_path_factory):
    """A function: the rules whose fingerprint of code a change of one file changes."""
    folder = tmp_path_factory.mktemp("library") / "workflow_scripts"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    read, known = fingerprint._read_module.__wrapped__, {}
    by_name = {
        "": [()],
        "reader_module": [(f"speech_decoding.studies.{name}",) for name in READERS],
        "architecture_module": [(decoder.module_of(name),) for name in ARCHITECTURES],
        "target_module": [(targets.module_of(kind),) for kind in TARGETS],
    }
    text = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    rules = [
        (rule, (script, *found))
        for block in re.split(r"^rule ", text, flags=re.MULTILINE)[1:]
        for rule, call in [(block.partition(":")[0], re.search(r"code_of\((.+)\)", block))]
        if call
        for script, _, name in [call[1].replace('"', "").partition(", ")]
        for found in by_name[name]
    ]
    copies = re.findall(r"^use rule (\w+) as (\w+)", text, flags=re.MULTILINE)
    rules += [(copy, entries) for own, copy in copies for rule, entries in rules if rule == own]

    def fingerprints() -> list[str]:
        return [fingerprint.code_fingerprint(*entries) for _, entries in rules]

    with pytest.MonkeyPatch.context() as patch:
        # Only the file that is changed is read again.
        patch.setattr(fingerprint, "SCRIPTS", folder)
        patch.setattr(
            fingerprint,
            "_read_module",
            lambda module: (
                known[module] if module in known else known.setdefault(module, read(module))
            ),
        )
        fingerprint._data_files.cache_clear()
        before = fingerprints()

        def changed(path: Path) -> set[str]:
            copy = folder / path.relative_to(SCRIPTS)
            content, remembered = copy.read_bytes(), dict(known)
            parts = path.relative_to(SCRIPTS).with_suffix("").parts
            known.pop(".".join(parts[:-1] if parts[-1] == "__init__" else parts), None)
            append_to(copy)
            pairs = zip(rules, before, fingerprints(), strict=True)
            copy.write_bytes(content)
            known.update(remembered)
            return {rule for (rule, _), old, new in pairs if new != old}

        yield changed
    fingerprint._data_files.cache_clear()


@pytest.mark.parametrize("told", LINES)
def test_every_file_of_the_code_concerns_whom_it_should(changed_codes, told):
    files, concerned = LINES[told]
    for path in files:
        changed = {rule for rule in changed_codes(path) if rule in NEXT}
        assert stated(" ".join(changed)) == stated(concerned), path


def test_every_file_of_the_code_is_stated():
    present = [path for path in SCRIPTS.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sorted(path for files, _ in LINES.values() for path in files) == sorted(present)


# --------------------------------------------------------------------------- a study really made


@pytest.mark.parametrize(
    "told",
    [
        "no change",
        "the clone moved to another folder",
        "`preprocess.rate_hz`: `100`",
        "`segments.stride_s`: `0.25`",
        next(told for told in LINES if told.startswith("`speech_decoding/decoder/`")),
    ],
)
def test_a_study_that_was_really_made_fares_alike(workspace, told):
    every = set(workspace.planned_jobs(REPORT, "--forceall"))
    CHANGES[told].make(workspace)
    assert workspace.planned_rules(REPORT) == stated(CHANGES[told].concerned) & every


# --------------------------------------------------------------------------------- the page


HEAD = """# What runs again after which change

A rule runs again when something that it reads has changed: its input files, the settings that its
script uses, or the code that its script reaches. All that follows it runs too. This page is written
by `tests/workflow/test_reruns.py`, which makes each change to studies that are finished and asks
`snakemake --dry-run` what would run: the two simulated ones, each with its report, a table of the
paper, a sweep and the comparison with fairseq; and for raw files a small one of recordings. What
should run is stated beside it by hand, and the test fails where the two differ. Of several files in
one row, one is changed so; for each of them, the fingerprints that the rules carry are compared.

To ask for your own change, before anything runs:

```sh
snakemake -n results/demo/report.html
```

A table of jobs comes first, and then each job with a line `Reason:`.

- *Params have changed since last execution*: a text in braces is the settings, before and now; a
  word of 16 digits and letters is the code.
- *Updated input files*: you changed these files.
- *Input files updated by another job*: a rule before it runs, so see its reason.
- *Set of input files has changed*: recordings, stories or experiments were added or taken away.
- *Code has changed since last execution*: the command in `rules/`.
- *Missing output files*: they were never made, or deleted.

## What follows a rule

The rules that download run when they are asked for by name, and then each time. The output of
`compute_layers` is not kept: the rule runs before each run of `compare_with_fairseq`.

| rule | what follows |
|---|---|
"""


def name_rules(rules: set[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in NEXT if rule in rules)


def tell_plan(rules: set[str]) -> str:
    """Name the rules that no other one leads to, and the rest if it is not all that follows."""
    first = {rule for rule in rules if not any(rule in followers(other) for other in rules)}
    rest = set().union(*map(followers, first))
    if rules != first | rest:
        return f"{name_rules(rules)} alone"
    return f"{name_rules(first)} and all that follows" if rest else name_rules(rules) or "nothing"


def followers(rule: str) -> set[str]:
    return with_followers({rule}) - {rule}


def test_the_page_tells_what_was_found(plans):
    rows = [f"| `{rule}` | {name_rules(followers(rule)) or 'nothing'} |" for rule in NEXT]
    page = HEAD + "\n".join(rows)
    for title, changes in (
        ("A setting of config.yaml", SETTINGS_CHANGES),
        ("A file of the code", CODE_CHANGES),
        ("Files, rules and everything else", OTHER_CHANGES),
    ):
        page += f"\n\n## {title}\n\n| change | what runs |\n|---|---|\n"
        found = [(change.told, set(plans[change.told].result())) for change in changes]
        page += "\n".join(f"| {told} | {tell_plan(rules)} |" for told, rules in found)
    check_page("reruns.md", page + "\n")
