"""Training: Adam, early stopping on the validation loss, the best state kept (protocol 7)."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from plumbing.errors import InputError
from speech_decoding.decoder.processes import any_process, process_number, wait_for_processes
from speech_decoding.training.batch_loss import BatchLoss
from speech_decoding.training.checkpoints import Checkpoints
from speech_decoding.training.interruption import Interrupted, Interruption
from speech_decoding.training.progress import Epoch, Progress
from speech_decoding.training.watching import Watcher


class Training:
    """A training that can end at any moment, and continue later to the same weights.

    Args:
        batch_loss: of the decoder and its loss, whose parameters are trained on its batches.
        learning_rate: of Adam.
        epochs: at most.
        patience: epochs without a better validation loss before stopping.
        checkpoints: where the training is continued from, and saved to.
        checkpoint_minutes: between two of them.
        interruption: asked after each batch.
        watchers: told after each batch and epoch.
    """

    def __init__(
        self,
        batch_loss: BatchLoss,
        *,
        learning_rate: float,
        epochs: int,
        patience: int,
        checkpoints: Checkpoints,
        checkpoint_minutes: float,
        interruption: Interruption,
        watchers: Sequence[Watcher] = (),
    ):
        self._batch_loss = batch_loss
        self._batches = batch_loss.batches
        self._decoder = batch_loss.decoder
        self._learnt = nn.ModuleDict({"decoder": batch_loss.decoder, "loss": batch_loss.loss})
        self._optimiser = torch.optim.Adam(self._learnt.parameters(), lr=learning_rate, fused=True)
        self._device = next(self._learnt.parameters()).device
        self._epochs = epochs
        self._patience = patience
        self._checkpoints = checkpoints
        self._checkpoint_s = 60 * checkpoint_minutes
        self._saved_s = time.monotonic()
        self._interruption = interruption
        self._watchers = watchers if process_number() == 0 else ()
        self._progress = Progress(
            losses=torch.zeros(self._batches.per_epoch, device=self._device),
            best_state=_copied(self._learnt.state_dict()),
        )

    def run(self) -> list[Epoch]:
        """Train in place, and leave decoder and loss as they were at the lowest validation loss.

        Returns: the history. The same seed, data and machine give the same weights, to the bit if
        PyTorch was told so, however often the training was interrupted.
        Raises: Interrupted, when it was saved and should end; InputError, if the checkpoint cannot
        be used, or a loss or weight is no longer finite.
        """
        self._resume()
        progress = self._progress
        for watcher in self._watchers:
            watcher.begin(progress.epoch, progress.updates)
        try:
            while self._continues():
                self._train_epoch()
                self._validate_epoch()
        finally:
            for watcher in self._watchers:
                watcher.end()
        self._learnt.load_state_dict(progress.best_state)
        self._decoder.eval()
        return list(progress.history)

    def _continues(self) -> bool:
        finished = self._progress.epoch - 1
        return finished < min(self._epochs, self._progress.best_epoch + self._patience)

    def _train_epoch(self) -> None:
        progress = self._progress
        centres = self._batches.centres(progress.epoch).to(self._device)
        self._decoder.train()
        for rows in self._batches.of_epoch(progress.epoch)[progress.updates :]:
            self._optimiser.zero_grad(set_to_none=True)
            loss = self._batch_loss.gradients(rows, centres[progress.updates])
            self._optimiser.step()
            progress.losses[progress.updates] = loss
            progress.updates += 1
            for watcher in self._watchers:
                watcher.update(len(rows), loss)
            self._pause()

    def _validate_epoch(self) -> None:
        """Validate, and start the next epoch; interrupted, the training resumes before it."""
        progress = self._progress
        self._decoder.eval()
        outcomes = []
        for rows in self._batches.validation:
            outcomes.append(self._batch_loss.validate(rows))
            self._pause()
        losses, found = (torch.stack(values) for values in zip(*outcomes, strict=True))
        count = sum(len(rows) for rows in self._batches.validation)
        epoch = Epoch(
            epoch=progress.epoch,
            updates=progress.updates,
            train_loss=float(progress.losses.mean()),
            valid_loss=float(losses.mean()),
            valid_top10=int(found.sum()) / count,
        )
        self._require_finite(epoch.train_loss, epoch.valid_loss)
        if epoch.valid_loss < progress.best_loss:
            progress.best_loss, progress.best_epoch = epoch.valid_loss, epoch.epoch
            progress.best_state = _copied(self._learnt.state_dict())
        progress.history = (*progress.history, epoch)
        progress.epoch, progress.updates = epoch.epoch + 1, 0
        for watcher in self._watchers:
            watcher.validated(epoch, best=progress.best_epoch == epoch.epoch)

    def _pause(self) -> None:
        """Save the training if it is time to, and end it if it is asked to."""
        reason = self._interruption.reason
        if any_process(reason is not None):
            self._save()
            wait_for_processes()  # one that ends would end the one that saves
            raise Interrupted(
                f"The training was saved in epoch {self._progress.epoch} after update "
                f"{self._progress.updates}, because {reason or 'another process ends'}; "
                f"the same command continues it."
            )
        if time.monotonic() - self._saved_s >= self._checkpoint_s:
            self._save()

    def _save(self) -> None:
        # What is saved waits for the device in any case.
        self._require_finite(
            self._progress.losses[: self._progress.updates].sum(),
            *(values.sum() for values in self._learnt.state_dict().values()),
        )
        if process_number() == 0:
            self._checkpoints.save(
                {
                    "learnt": self._learnt.state_dict(),
                    "optimiser": self._optimiser.state_dict(),
                    "progress": self._progress.state(),
                }
            )
        self._saved_s = time.monotonic()

    def _require_finite(self, *values: Tensor | float) -> None:
        """Raise InputError if one of the values, or the training, is no longer finite.

        Every process has the same values, so that all of them end. The last checkpoint stays: what
        was saved was finite.
        """
        if all(math.isfinite(value) for value in values):
            return
        progress = self._progress
        undefined = ~progress.losses[: progress.updates].isfinite()
        first = int(undefined.float().argmax()) + 1 if undefined.any() else progress.updates
        raise InputError(
            f"the training, epoch {progress.epoch}, update {first}",
            expected="losses and weights that are finite numbers",
            found="NaN or infinity",
            consequence="the training was ended and its last checkpoint is kept as it was",
            next_step="set training.learning_rate lower, training.clamp to a number or "
            "training.precision to float32, and give the same command again",
        )

    def _resume(self) -> None:
        state = self._checkpoints.load(self._device)
        if state is None:
            return
        try:
            self._learnt.load_state_dict(state["learnt"])
            self._optimiser.load_state_dict(state["optimiser"])
            self._progress = Progress.of_state(state["progress"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            expected = "a checkpoint of this version of the workflow"
            raise self._checkpoints.refusal(expected, found=str(error)) from error


def _copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in state.items()}
