"""Watching a training: a progress bar with an estimate, a line per epoch, optional trackers."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Protocol

from torch import Tensor
from tqdm import tqdm

from plumbing.errors import InputError
from speech_decoding.training.progress import Epoch

Tracker = Literal["none", "tensorboard", "wandb"]

# To read a loss is to wait for the device: no more often than a person looks.
_REFRESH_S = 5.0
# The estimate is measured on so many updates, after one that warms up.
_MEASURED = 3
# A pass without gradients takes about a third of an update.
_VALIDATION_COST = 1 / 3
_HOUR_S, _DAY_S = 3600, 86400


class Watcher(Protocol):
    """Is told how a training goes, and changes nothing about it."""

    def begin(self, epoch: int, updates: int) -> None:
        """The training begins, or continues, in an epoch after so many updates."""

    def update(self, segments: int, loss: Tensor) -> None:
        """An update was made on so many segments; the device may still be computing its loss."""

    def validated(self, epoch: Epoch, *, best: bool) -> None:
        """An epoch is over; `best` if its validation loss is the lowest so far."""

    def end(self) -> None:
        """The training is over."""


class ProgressBar:
    """Shows loss, top-10 accuracy in a batch, windows per second and time left, after an estimate.

    Args:
        updates_per_epoch, epochs: at most.
        validation_batches: per epoch.
        machine: what computes, in words.
    """

    def __init__(
        self, *, updates_per_epoch: int, epochs: int, validation_batches: int, machine: str
    ):
        self._per_epoch = updates_per_epoch
        self._total = updates_per_epoch * epochs
        self._cost = 1 + _VALIDATION_COST * validation_batches / updates_per_epoch
        self._machine = machine

    def begin(self, epoch: int, updates: int) -> None:
        self._done = (epoch - 1) * self._per_epoch + updates
        self._bar = tqdm(total=self._total, initial=self._done, unit="update", mininterval=0)
        self._accuracy = ""
        self._updates = self._segments = self._shown = 0
        self._began_s = self._shown_s = time.monotonic()

    def update(self, segments: int, loss: Tensor) -> None:
        self._updates += 1
        self._segments += segments
        if self._updates in (1, 1 + _MEASURED):
            loss.item()  # waits for the device
            if self._updates > 1:
                self._estimate((time.monotonic() - self._began_s) / _MEASURED)
            self._began_s = time.monotonic()
        elapsed_s = time.monotonic() - self._shown_s
        if elapsed_s >= _REFRESH_S:
            speed = f"{self._segments / elapsed_s:.0f} windows/s"
            self._bar.set_postfix_str(f"loss {loss.item():.3f}{self._accuracy}, {speed}", False)
            self._bar.update(self._updates - self._shown)
            self._segments, self._shown = 0, self._updates
            self._shown_s = time.monotonic()

    def validated(self, epoch: Epoch, *, best: bool) -> None:
        # Among the segments of a batch: no accuracy of the report, which has all candidates.
        accuracy = f"top-10 in batch {epoch.valid_top10:.2f}"
        self._accuracy = f", {accuracy}"
        tqdm.write(
            f"epoch {epoch.epoch}: loss {epoch.train_loss:.3f}, validation {epoch.valid_loss:.3f}, "
            f"{accuracy}{' (best)' if best else ''}",
            file=sys.stderr,
        )

    def end(self) -> None:
        self._bar.close()

    def _estimate(self, update_s: float) -> None:
        left_s = (self._total - self._done - self._updates) * update_s * self._cost
        tqdm.write(
            f"This training would take {_duration(left_s)} on this machine ({self._machine}) if it "
            f"ran to the last epoch; it stops earlier when it no longer improves.",
            file=sys.stderr,
        )


class TensorBoard:
    """Writes every epoch for TensorBoard into `folder`."""

    def __init__(self, folder: Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise _missing("tensorboard", error) from error
        self._open = SummaryWriter
        self._folder = folder

    def begin(self, epoch: int, updates: int) -> None:
        # What an interrupted run wrote about this epoch is forgotten.
        self._writer = self._open(str(self._folder), purge_step=epoch)

    def update(self, segments: int, loss: Tensor) -> None:
        pass

    def validated(self, epoch: Epoch, *, best: bool) -> None:
        for name, value in asdict(epoch).items():
            self._writer.add_scalar(name, value, epoch.epoch)
        self._writer.flush()

    def end(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """Logs every epoch to Weights & Biases, offline if the variable WANDB_MODE says so.

    Args:
        folder: where its files go.
        key: of the training; a run that is continued goes on under the same one.
        settings: shown beside the run.
    """

    def __init__(self, folder: Path, key: str, settings: dict[str, Any]):
        try:
            import wandb
        except ImportError as error:
            raise _missing("wandb", error) from error
        self._open = wandb.init
        self._folder = folder
        self._key = key
        self._settings = settings

    def begin(self, epoch: int, updates: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = self._open(
            project="speech-decoding",
            dir=str(self._folder),
            id=self._key[:16],
            resume="allow",
            config=self._settings,
        )

    def update(self, segments: int, loss: Tensor) -> None:
        pass

    def validated(self, epoch: Epoch, *, best: bool) -> None:
        self._run.log(asdict(epoch), step=epoch.epoch)

    def end(self) -> None:
        self._run.finish()


def open_tracker(
    tracker: Tracker, folder: Path, key: str, settings: dict[str, Any]
) -> list[Watcher]:
    """Give the tracker of that name, which is imported only now; none for "none".

    Raises: InputError if it is not installed.
    """
    match tracker:
        case "tensorboard":
            return [TensorBoard(folder / tracker)]
        case "wandb":
            return [WeightsAndBiases(folder / tracker, key, settings)]
    return []


def _duration(seconds: float) -> str:
    for unit_s, unit in ((_DAY_S, "days"), (_HOUR_S, "hours"), (60, "minutes")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _missing(package: str, error: ImportError) -> InputError:
    return InputError(
        "config.yaml, running.watch",
        expected=f"the package {package}, which the setting names",
        found=str(error),
        consequence="nothing was trained",
        next_step="run `pip install -r envs/watching.txt`, or set it to none",
    )
