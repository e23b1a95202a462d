"""One experiment: the stages' files in, a trained decoder and its description out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from plumbing.results import RUN, Results
from speech_decoding.dataset.loading import identify_data
from speech_decoding.dataset.opening import data_settings, open_store
from speech_decoding.dataset.selection import Selection
from speech_decoding.dataset.store import SegmentStore
from speech_decoding.decoder.decoder import Decoder
from speech_decoding.decoder.processes import join_processes
from speech_decoding.segments.windows import Window
from speech_decoding.training.batch_loss import BatchLoss
from speech_decoding.training.batches import Batches
from speech_decoding.training.checkpoints import Checkpoints
from speech_decoding.training.execution import choose_device, describe_device, prepare_device
from speech_decoding.training.interruption import Interruption
from speech_decoding.training.loop import Training
from speech_decoding.training.losses import build_loss
from speech_decoding.training.progress import Epoch
from speech_decoding.training.watching import ProgressBar, Tracker, open_tracker

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class TrainedExperiment:
    """A trained decoder; description, of its network and training (see `saved`); history, a line
    per epoch; checkpoints, of no use once the others are written."""

    decoder: Decoder
    description: dict[str, Any]
    history: list[Epoch]
    checkpoints: Checkpoints


def build_batch_loss(
    store: SegmentStore, *, seed: int, decoder: dict[str, Any], training: dict[str, Any]
) -> BatchLoss:
    """Build a decoder, its loss and its batches for the segments of `store`, on its device.

    Parameters: seed, of the weights and the batches; decoder and training, blocks of settings.
    """
    batches = Batches(
        store.rows("train"),
        store.rows("valid"),
        seed=seed,
        **{key: training[key] for key in ("batch_size", "updates_per_epoch", "pairing")},
    )
    torch.manual_seed(seed)
    model = Decoder(
        store.layout_positions,
        n_subjects=len(store.subjects),
        n_features=store.feature_count,
        speech_module=training["speech_module"],
        **decoder,
    )
    return BatchLoss(
        model.to(store.device),
        build_loss(**training["loss"]).to(store.device),
        store,
        batches,
        negatives_per_group=training["negatives_per_group"],
        micro_batch=training["micro_batch"],
        precision=training["precision"],
        compilation=training["compile"],
    )


def train_experiment(
    results: Results,
    *,
    seed: int,
    threads: int | None,
    window: dict[str, Any],
    decoder: dict[str, Any],
    training: dict[str, Any],
    checkpoint_minutes: float,
    interruption: Interruption,
    watch: Tracker,
) -> TrainedExperiment:
    """Train one decoder, or continue an interrupted training of it.

    Parameters: results, of the study, its embedding and this run, whose folder keeps checkpoints
    meanwhile; seed, of the weights and the batches; threads, processor cores, None for all; window
    (start_s, stop_s, rate_hz), decoder and training, blocks of settings;
    checkpoint_minutes and interruption, of Training; watch, a tracker. A training that was begun
    with other data, settings or code starts anew.
    Returns: the decoder at its lowest validation loss, its description, the history, and the
    checkpoints, which may be removed once the others are written.
    Raises: Interrupted, when the training was saved and should end; InputError, if the data or the
    checkpoint cannot be used, or the training is no longer finite.
    """
    device = join_processes(choose_device(training["device"]))
    prepare_device(deterministic=training["deterministic"], threads=threads, tf32=True)
    store = open_store(
        results, window=Window(**window), seed=seed, device=device, **data_settings(training)
    )
    stories = sorted(store.segments["story"].unique())
    data = identify_data(results, store.recordings, stories)
    batch_loss = build_batch_loss(store, seed=seed, decoder=decoder, training=training)
    model, loss, batches = batch_loss.decoder, batch_loss.loss, batch_loss.batches
    settings = {"window": window, "decoder": decoder, "training": training, "seed": seed}
    folder, key = results.path(RUN), results.job.key(**settings)
    checkpoints = Checkpoints(folder, key)
    bar = ProgressBar(
        updates_per_epoch=batches.per_epoch,
        epochs=training["epochs"],
        validation_batches=len(batches.validation),
        machine=describe_device(device),
    )
    history = Training(
        batch_loss,
        learning_rate=training["learning_rate"],
        epochs=training["epochs"],
        patience=training["patience"],
        checkpoints=checkpoints,
        checkpoint_minutes=checkpoint_minutes,
        interruption=interruption,
        watchers=[bar, *open_tracker(watch, folder, key, settings)],
    ).run()
    heard = Selection(**training["selection"]).heard_subjects(store.subjects)
    model.brain.fill_unheard([store.subjects.index(name) for name in heard])
    description = {
        **settings,
        "speech_module": training["speech_module"],
        "n_subjects": len(store.subjects),
        "n_features": store.feature_count,
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "subjects": store.subjects,
        "layouts": store.describe_layouts(),
        "embedding_scale": [store.embedding_mean, store.embedding_std],
        "loss": {name: value.item() for name, value in loss.state_dict().items()},
        "data": data,
    }
    return TrainedExperiment(model, description, history, checkpoints)
