"""Which rules run again after which change: those that read what was changed, and no others."""

import os
import shutil

import pytest

REPORT = "results/demo/report.html"
LIBRARY = "workflow_scripts/speech_decoding"

REPORTING = {"write_report"}
JUDGING = REPORTING | {"judge_controls"}
EVALUATING = JUDGING | {"evaluate_decoder", "control_decoder"}
TRAINING = EVALUATING | {"train_decoder"}
EMBEDDING = TRAINING | {"embed_speech"}
CUTTING = TRAINING | {"cut_segments", "prove_splits"}
SPLITTING = CUTTING | EMBEDDING | {"split_blocks", "measure_alignment"}
PREPROCESSING = SPLITTING | {"preprocess_recording"}
CHECKING = PREPROCESSING | {"check_recording", "check_study"}

SETTINGS = [
    ("training.learning_rate", 0.003, TRAINING),
    ("training.delay_s", 0.1, TRAINING),
    ("decoder.hidden", 16, TRAINING),
    ("evaluation.top_k", [1, 10], EVALUATING),
    ("report.controls", ["random"], JUDGING),
    ("report.experiments", ["main", "noise_input"], REPORTING),
    ("embeddings.wav2vec2.layers", [2, 3], EMBEDDING),
    ("embeddings.mel.n_mels", 80, REPORTING),
    ("segments.stride_s", 0.25, CUTTING),
    ("segments.stop_s", 2.4, CUTTING),
    ("splits.seed", 13, SPLITTING),
    ("preprocess.rate_hz", 100, PREPROCESSING),
    ("preprocess.notch", "auto", PREPROCESSING),
    ("check.allow_missing", True, SPLITTING | {"check_study"}),
]

CODE = [
    (f"{LIBRARY}/decoder/brain_module.py", TRAINING),
    (f"{LIBRARY}/decoder/training.py", TRAINING),
    (f"{LIBRARY}/evaluation/metrics.py", EVALUATING),
    (f"{LIBRARY}/evaluation/stand_ins.py", JUDGING | {"control_decoder"}),
    (f"{LIBRARY}/report/page.py", REPORTING),
    (f"{LIBRARY}/report/style.css", REPORTING),
    (f"{LIBRARY}/speech/wav2vec2.py", EMBEDDING),
    (f"{LIBRARY}/segments/cutting.py", CUTTING),
    (f"{LIBRARY}/segments/splits.py", SPLITTING),
    (f"{LIBRARY}/recordings/preprocessing.py", PREPROCESSING),
    (f"{LIBRARY}/recordings/alignment.py", REPORTING | {"measure_alignment"}),
    (f"{LIBRARY}/recordings/quality.py", PREPROCESSING),
    (f"{LIBRARY}/recordings/checks.py", CHECKING),
    (f"{LIBRARY}/segments/leaks.py", JUDGING | {"prove_splits"}),
    ("workflow_scripts/merge_audio.py", SPLITTING | {"merge_audio"}),
]


def append_code(path):
    text = "\nx { color: red }\n" if path.suffix == ".css" else "\nCHANGED = True\n"
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize(("key", "value", "expected"), SETTINGS)
def test_a_changed_setting(workspace, key, value, expected):
    config = workspace.config
    block = config["studies"]["demo"]["settings"]
    *parents, last = key.split(".")
    for parent in parents:
        block = block.setdefault(parent, {})
    block[last] = value
    workspace.config = config
    assert workspace.planned_rules(REPORT) == expected


@pytest.mark.parametrize(("name", "expected"), CODE)
def test_changed_code(workspace, name, expected):
    append_code(workspace.folder / name)
    assert workspace.planned_rules(REPORT) == expected


def test_nothing_runs_without_a_change(workspace):
    output = workspace.snakemake(REPORT).stdout
    assert "Nothing to be done" in output


def test_touched_files_reordered_keys_and_comments_run_nothing(workspace):
    config = workspace.config
    workspace.config = {key: config[key] for key in reversed(config)}
    for name in ("Snakefile", "config.yaml", *(name for name, _ in CODE)):
        os.utime(workspace.folder / name)
    workspace.edit(f"{LIBRARY}/decoder/training.py", '"""Training: ', '"""Training, better told: ')
    workspace.edit(f"{LIBRARY}/decoder/training.py", "import time", "# why not\nimport time")
    assert workspace.planned_rules(REPORT) == set()


def test_one_more_excluded_subject_preprocesses_nothing(workspace):
    config = workspace.config
    config["studies"]["demo"]["exclude"] = {"02": "sleepy"}
    workspace.config = config
    assert workspace.planned_rules(REPORT) == SPLITTING | {"check_study"}


def test_a_moved_clone_runs_nothing(workspace, tmp_path):
    moved = tmp_path / "another place"
    shutil.move(workspace.folder, moved)
    workspace.folder = moved
    assert workspace.planned_rules(REPORT) == set()
