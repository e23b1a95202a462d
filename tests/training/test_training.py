"""Training, ended at any moment and continued by the same command, as a process of its own."""

import io
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import train_decoder
from plumbing.results import RUN, WEIGHTS, Results
from speech_decoding.decoder import saved
from speech_decoding.decoder.saved import load_decoder
from tests.advice import follow
from tests.training.forked import processes
from tests.training.small_study import FEATURES, OUTPUTS, SETTINGS, changed, command, run_of

WHOLE, HALF = ".resume/[!.]*.checkpoint", ".resume/.*.partial*"


def main(arguments: list[str]) -> None:
    sys.argv = ["train_decoder.py", *arguments]
    from plumbing.command import run

    run(train_decoder.main)


def start(arguments: list[str]):
    process = processes.Process(target=main, args=(arguments,))
    process.start()
    return process


def finish(arguments: list[str]) -> int:
    process = start(arguments)
    process.join()
    return process.exitcode


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


@pytest.fixture(scope="module")
def uninterrupted(study):
    """The outputs of a training that nothing interrupted."""
    run = run_of(study, "uninterrupted")
    assert finish(command(run)) == 0
    return contents(run.path(RUN))


@pytest.fixture
def run(study, request) -> Results:
    """A run of its own of the small study."""
    return run_of(study, re.sub(r"\W+", "_", request.node.name))


@pytest.fixture
def folder(run) -> Path:
    """The folder of the run."""
    return run.path(RUN)


def test_the_description_holds_what_its_documentation_says(uninterrupted):
    description = json.loads(uninterrupted["decoder.json"])
    listed, missing = saved.__doc__.split("This is enough")
    assert all(re.search(rf"\b{name}\b", listed) for name in description)
    text = uninterrupted["decoder.json"].decode()
    assert not any(name in text for name in ("center", "silence", "checkpoint", "preprocess"))
    assert all(name in missing for name in ("center", "silence", "checkpoint", "preprocess"))


# --- interrupted


def kill_at_random(process, folder: Path, moments: random.Random) -> None:
    """Kill a process before, at or after it wrote a checkpoint, at the latest after its third."""
    known = {path.stat().st_mtime_ns for path in folder.glob(WHOLE)}
    seen = set(known)
    count = moments.choice([0, 1, 1, 2])  # checkpoints that it may write first
    while process.is_alive() and len(seen - known) < count:
        seen |= {path.stat().st_mtime_ns for path in folder.glob(WHOLE)}
    process.join(moments.uniform(0, 0.01))
    process.kill()
    process.join()


def test_twenty_kills_change_nothing(run, folder, uninterrupted):
    arguments = command(run, SETTINGS, "--checkpoint-minutes", "0")
    moments = random.Random(11)
    for _ in range(20):
        process = start(arguments)
        kill_at_random(process, folder, moments)
        assert process.exitcode == -signal.SIGKILL
    assert list(folder.glob(WHOLE))
    assert finish(arguments) == 0
    assert contents(folder) == uninterrupted
    assert not (folder / ".resume").exists()


def test_a_kill_while_a_checkpoint_is_written_changes_nothing(run, folder, uninterrupted):
    arguments = command(run, SETTINGS, "--checkpoint-minutes", "0")
    half_written = []
    for _ in range(20):
        process = start(arguments)
        while process.is_alive() and not (list(folder.glob(WHOLE)) and list(folder.glob(HALF))):
            pass
        process.kill()
        process.join()
        half_written = list(folder.glob(HALF))
        if half_written:
            break
    assert half_written and list(folder.glob(WHOLE))
    assert finish(arguments) == 0
    assert contents(folder) == uninterrupted


def test_a_time_budget_ends_with_its_own_status(run, folder, uninterrupted):
    assert finish(command(run, SETTINGS, "--max-minutes", "0")) == 75
    assert not (folder / "history.csv").exists()
    assert finish(command(run, SETTINGS, "--max-minutes", "60")) == 0
    assert contents(folder) == uninterrupted


def test_a_training_that_is_asked_to_end_is_saved(run, folder, uninterrupted):
    arguments = command(run, SETTINGS, "--checkpoint-minutes", "0")
    process = start(arguments)
    while not list(folder.glob(WHOLE)):
        time.sleep(0.01)
    process.terminate()
    process.join()
    assert process.exitcode == 75
    assert finish(arguments) == 0
    assert contents(folder) == uninterrupted


@pytest.mark.parametrize("found", ["a damaged", "another training's"])
def test_a_checkpoint_that_cannot_be_used_stops_the_training(run, folder, found):
    arguments = command(run, SETTINGS, "--max-minutes", "0")
    assert finish(arguments) == 75
    (checkpoint,) = folder.glob(WHOLE)
    if found == "a damaged":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    else:
        assert finish(command(run, changed(batch_size=9), "--max-minutes", "0")) == 75
        (other,) = set(folder.glob(WHOLE)) - {checkpoint}
        other.replace(checkpoint)
    content = checkpoint.read_bytes()
    assert finish(arguments) == 2
    assert checkpoint.read_bytes() == content and not (folder / "history.csv").exists()


def test_other_settings_start_anew(run, folder, uninterrupted):
    other = command(run, changed(learning_rate=0.1), "--max-minutes", "0")
    assert finish(other) == 75
    assert finish(command(run)) == 0
    assert contents(folder) == uninterrupted


def test_other_code_starts_anew(run, folder, tmp_path):
    begun = command(run, SETTINGS, "--max-minutes", "0")
    assert finish(begun) == 75
    assert len(list(folder.glob(WHOLE))) == 1
    shutil.copytree(Path(train_decoder.__file__).parent, tmp_path / "scripts")
    with (tmp_path / "scripts/speech_decoding/training/losses.py").open("a") as module:
        module.write("CHANGED = True\n")
    script = tmp_path / "scripts" / "train_decoder.py"
    assert subprocess.run([sys.executable, script, *begun]).returncode == 75
    assert len(list(folder.glob(WHOLE))) == 2


def test_a_training_that_diverges_ends_with_a_sentence_and_can_be_repaired(run, folder):
    arguments = command(run, changed(learning_rate=1e30), "--checkpoint-minutes", "0")
    ended = subprocess.run(
        [sys.executable, train_decoder.__file__, *arguments], capture_output=True, text=True
    )
    assert ended.returncode == 2
    sentence = ended.stderr.splitlines()[-1]
    assert "epoch 1, update 2: expected losses and weights that are finite numbers" in sentence
    assert not (folder / "history.csv").exists()
    # What was saved last is from before.
    (kept,) = folder.glob(WHOLE)
    stored = torch.load(io.BytesIO(kept.read_bytes()[32:]), weights_only=True)["state"]
    assert stored["progress"]["updates"] == 1
    assert all(value.isfinite().all() for value in stored["learnt"].values())

    def lower(*_: object) -> None:
        assert finish(command(run, changed(learning_rate=0.003))) == 0

    lowered = r"set training\.learning_rate lower, .* and give the same command again"
    follow(sentence, {lowered: lower})
    assert np.isfinite(pd.read_csv(folder / "history.csv")).all(axis=None)


def test_an_epoch_that_is_no_longer_finite_is_the_last(run, folder):
    assert finish(command(run, changed(learning_rate=1e30))) == 2
    assert not folder.exists() or not list(folder.iterdir())


# --- what is trained


def test_no_training_gives_the_initial_weights(run, folder, study):
    assert finish(command(run, changed(epochs=0))) == 0
    assert (folder / "history.csv").read_text().splitlines() == [
        "epoch,updates,train_loss,valid_loss,valid_top10"
    ]
    other = run_of(study, "trained")
    assert finish(command(other, changed(epochs=1))) == 0
    initial, trained = (load_file(one.path(WEIGHTS)) for one in (run, other))
    assert initial.keys() == trained.keys()
    assert (initial["brain.merger.heads"] != trained["brain.merger.heads"]).any()


@pytest.mark.parametrize(
    "training",
    [
        {"precision": "bfloat16"},
        {"micro_batch": 5},
        {"negatives_per_group": 4},
        {"batch_size": 1, "epochs": 2},
        {"loss": {"kind": "mse"}},
        {"speech_module": "deep_mel", "epochs": 1, "updates_per_epoch": 3},
        {
            "loss": {
                "kind": "clip",
                "symmetric": True,
                "normalise_estimates": True,
                "learnable_temperature": True,
                "mask_duplicates": True,
            }
        },
    ],
    ids=str,
)
def test_every_setting_learns_and_is_written(run, folder, training):
    assert finish(command(run, changed(**training))) == 0
    history = pd.read_csv(folder / "history.csv")
    assert np.isfinite(history).all(axis=None)
    if len(history) > 2:
        assert history["valid_loss"].min() < history["valid_loss"][0]
    decoder, description = load_decoder(run, "cpu")
    assert description["training"].items() >= training.items()
    assert all(value.isfinite().all() for value in decoder.state_dict().values())
    if training.get("speech_module") == "deep_mel":
        assert decoder.speech(torch.zeros(1, FEATURES, 9)).shape == (1, 12, 9)
    if "loss" in training:
        assert description["loss"].keys() == (
            {"log_scale"} if "learnable_temperature" in training["loss"] else set()
        )
