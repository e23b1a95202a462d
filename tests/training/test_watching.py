import re
import sys
import time

import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.training import watching
from speech_decoding.training.progress import Epoch
from speech_decoding.training.watching import ProgressBar, open_tracker


def test_a_long_training_says_so_when_it_starts(capsys):
    machine = "2 processor cores, no GPU"
    bar = ProgressBar(updates_per_epoch=1000, epochs=10**6, validation_batches=30, machine=machine)
    bar.begin(1, 10)
    for _ in range(6):
        time.sleep(0.001)
        bar.update(32, torch.tensor(2.5))
    bar.validated(Epoch(1, 100, 2.5, 2.4, 0.125), best=True)
    bar.end()
    shown = capsys.readouterr().err
    assert len(re.findall(r"would take \d\d+\.\d days on this machine \(2 processor", shown)) == 1
    assert "epoch 1: loss 2.500, validation 2.400, top-10 in batch 0.12 (best)" in shown


def test_the_bar_says_that_its_accuracy_is_that_in_a_batch(capsys, monkeypatch):
    monkeypatch.setattr(watching, "_REFRESH_S", 0.0)
    bar = ProgressBar(updates_per_epoch=2, epochs=2, validation_batches=1, machine="none")
    bar.begin(1, 0)
    bar.validated(Epoch(1, 2, 2.5, 2.4, 0.125), best=True)
    bar.update(32, torch.tensor(2.25))
    bar.end()
    assert "loss 2.250, top-10 in batch 0.12" in capsys.readouterr().err


def test_a_tracker_that_is_not_installed_is_named(tmp_path, monkeypatch):
    assert open_tracker("none", tmp_path, "key", {}) == []
    for package in ("tensorboard", "wandb"):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(InputError, match=rf"{package}.*pip install -r envs/watching.txt"):
            open_tracker(package, tmp_path, "key", {})


def test_tensorboard_holds_every_epoch(tmp_path):
    pytest.importorskip("tensorboard", reason="envs/watching.txt is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (tracker,) = open_tracker("tensorboard", tmp_path, "key", {})
    tracker.begin(1, 0)
    for number in (1, 2):
        tracker.validated(Epoch(number, 9, 1.0, 0.5 / number, 0.1), best=True)
    tracker.end()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.value for event in events.Scalars("valid_loss")] == [0.5, 0.25]
