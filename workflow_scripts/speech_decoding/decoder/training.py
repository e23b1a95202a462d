"""Training: Adam, early stopping on the validation loss, the best state kept (REFERENCE 7)."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from speech_decoding.segments.store import SegmentStore


@dataclass(frozen=True)
class Epoch:
    """One line of the training history; losses are means over batches."""

    epoch: int
    updates: int
    train_loss: float
    valid_loss: float
    valid_top10: float


def train(
    model: nn.Module,
    loss: nn.Module,
    store: SegmentStore,
    *,
    seed: int,
    learning_rate: float,
    batch_size: int,
    updates_per_epoch: int,
    epochs: int,
    patience: int,
    pairing: str = "true",
    report: Callable[[Epoch, bool], None] = lambda epoch, best: None,
) -> list[Epoch]:
    """Train `model` in place and leave it in the state of its lowest validation loss.

    Parameters: loss, called with estimates, candidates and the index of their segments; store, the
    study's segments on the model's device; epochs, at most; patience, epochs without a better
    validation loss before stopping; pairing, "true", or "shuffled" to give every segment the speech
    of another one (a control); report, called after each epoch.
    Returns: the history. The same seed, data and machine give the same weights.
    """
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    training, validation = store.rows("train"), store.rows("valid")
    partner = _pair(training, validation, len(store.segments), pairing, generator)
    valid_batches = list(_batches(generator.permutation(validation), batch_size))
    parameters = [*model.parameters(), *loss.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)

    history: list[Epoch] = []
    best: tuple[float, int, dict[str, Tensor]] = (np.inf, 0, copy.deepcopy(model.state_dict()))
    for epoch in range(1, epochs + 1):
        model.train()
        losses = []
        order = generator.permutation(training)
        for rows in list(_batches(order, batch_size))[:updates_per_epoch]:
            value = _forward(model, loss, store, rows, partner)[0]
            optimiser.zero_grad(set_to_none=True)
            value.backward()
            optimiser.step()
            losses.append(value.detach())
        valid_loss, valid_top10 = _validate(
            model, loss, store, valid_batches[:updates_per_epoch], partner
        )
        train_loss = float(torch.stack(losses).mean())
        history.append(Epoch(epoch, len(losses), train_loss, valid_loss, valid_top10))
        improved = valid_loss < best[0]
        if improved:
            best = (valid_loss, epoch, copy.deepcopy(model.state_dict()))
        report(history[-1], improved)
        if epoch >= best[1] + patience:
            break
    model.load_state_dict(best[2])
    model.eval()
    return history


def _batches(rows: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    for first in range(0, len(rows), batch_size):
        yield rows[first : first + batch_size]


def _pair(
    training: np.ndarray,
    validation: np.ndarray,
    count: int,
    pairing: str,
    generator: np.random.Generator,
) -> np.ndarray:
    """Give for each segment the one whose speech it is paired with: itself, unless shuffled."""
    partner = np.arange(count)
    if pairing == "shuffled":
        for rows in (training, validation):
            partner[rows] = generator.permutation(rows)
    return partner


def _forward(
    model: nn.Module, loss: nn.Module, store: SegmentStore, rows: np.ndarray, partner: np.ndarray
) -> tuple[Tensor, Tensor, Tensor]:
    chosen = torch.from_numpy(rows).to(store.device)
    paired = torch.from_numpy(partner[rows]).to(store.device)
    estimates = model(store.brain(chosen), store.subject_index[chosen], store.layout_index[chosen])
    speech = store.speech(paired)
    return loss(estimates, speech, store.segment_index[paired]), estimates, speech


@torch.no_grad()
def _validate(
    model: nn.Module,
    loss: nn.Module,
    store: SegmentStore,
    batches: list[np.ndarray],
    partner: np.ndarray,
) -> tuple[float, float]:
    """Give the mean loss and the mean top-10 accuracy among each batch's own segments."""
    from speech_decoding.decoder.losses import clip_scores

    model.eval()
    losses, hits, total = [], 0.0, 0
    for rows in batches:
        value, estimates, speech = _forward(model, loss, store, rows, partner)
        scores = clip_scores(estimates, speech)
        better = (scores > scores.diagonal()[:, None]).sum(dim=1)
        losses.append(value)
        hits += (better < 10).sum()
        total += len(rows)
    return float(torch.stack(losses).mean()), float(hits) / max(total, 1)
