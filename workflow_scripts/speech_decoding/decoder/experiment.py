"""One experiment: the stages' files in, a trained decoder and its description out."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from speech_decoding.decoder.batch_loss import BatchLoss
from speech_decoding.decoder.batches import Batches
from speech_decoding.decoder.checkpoints import Checkpoints
from speech_decoding.decoder.decoder import Decoder
from speech_decoding.decoder.execution import choose_device, describe_device, prepare_device
from speech_decoding.decoder.interruption import Interruption
from speech_decoding.decoder.losses import build_loss
from speech_decoding.decoder.processes import join_processes
from speech_decoding.decoder.progress import Epoch
from speech_decoding.decoder.training import Training
from speech_decoding.decoder.watching import ProgressBar, Tracker, open_tracker
from speech_decoding.segments.identity import identify_data
from speech_decoding.segments.loading import (
    load_embedding,
    load_signals,
    load_tables,
    noise_signals,
)
from speech_decoding.segments.selection import Selection
from speech_decoding.segments.signals import Storage
from speech_decoding.segments.store import Interpolation, SegmentStore, StudyTables
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TrainedExperiment:
    """A trained decoder; description, of its network and training (see `saved`); history, a line
    per epoch; checkpoints, of no use once the others are written."""

    decoder: Decoder
    description: dict[str, Any]
    history: list[Epoch]
    checkpoints: Checkpoints


# From a study's tables and its signals to a table of further segments.
Further = Callable[[StudyTables, Mapping[str, np.ndarray]], "pd.DataFrame"]

# What of the block `training` decides how segments are cut.
_DATA = ("delay_s", "clamp", "brain", "interpolation", "signal_storage", "selection")


def data_settings(training: dict[str, Any]) -> dict[str, Any]:
    """Pick from the block `training` what decides how segments are cut."""
    return {key: training[key] for key in _DATA}


def open_store(
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    window: Window,
    delay_s: float,
    clamp: float | None,
    brain: str,
    interpolation: Interpolation,
    signal_storage: Storage,
    selection: Mapping[str, Any],
    seed: int,
    device: torch.device,
    embedding_scale: tuple[float, float] | None = None,
    further: Further | None = None,
) -> SegmentStore:
    """Read the stages' files into a store.

    brain "noise" replaces the recordings by noise; selection, settings of Selection, takes a part
    of the study; `further` lists segments that come after those of the study, in splits of their
    own, such as stretches of silence.
    """
    tables = load_tables(splits_folder, segments_folder)
    tables = replace(tables, segments=Selection(**selection).apply(tables.segments))
    stories = sorted(tables.segments["story"].unique())
    signals = load_signals(recordings_folder, sorted(tables.segments["recording"].unique()))
    if brain == "noise":
        signals = noise_signals(signals, seed=seed)
        # The interquartile range of the standard normal distribution.
        tables.scalers[["center", "scale"]] = (0.0, 1.349)
    if further:
        tables = add_segments(tables, further(tables, signals))
    return SegmentStore(
        tables,
        signals,
        load_embedding(embedding_folder, stories),
        window=window,
        delay_s=delay_s,
        clamp=clamp,
        device=device,
        embedding_scale=embedding_scale,
        interpolation=interpolation,
        signal_storage=signal_storage,
    )


def add_segments(tables: StudyTables, further: "pd.DataFrame") -> StudyTables:
    """Give the tables with `further` segments after the others."""
    import pandas as pd

    segments = pd.concat([tables.segments, further], ignore_index=True)
    return replace(tables, segments=segments)


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
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    folder: Path,
    seed: int,
    threads: int | None,
    window: dict[str, Any],
    decoder: dict[str, Any],
    training: dict[str, Any],
    checkpoint_minutes: float,
    interruption: Interruption,
    watch: Tracker,
    code: str,
) -> TrainedExperiment:
    """Train one decoder, or continue an interrupted training of it.

    Parameters: the folders of the earlier stages; folder, in which checkpoints are kept meanwhile;
    seed, of the weights and the batches; threads, processor cores, None for all; window (start_s,
    stop_s, rate_hz), decoder (settings of BrainModule) and training, blocks of settings;
    checkpoint_minutes and interruption, of Training; watch, a tracker; code, a fingerprint of what
    trains: a training that was begun by other code starts anew.
    Returns: the decoder at its lowest validation loss, its description, the history, and the
    checkpoints, which may be removed once the others are written.
    Raises: Interrupted, when the training was saved and should end; InputError, if the data or the
    checkpoint cannot be used, or the training is no longer finite.
    """
    device = join_processes(choose_device(training["device"]))
    prepare_device(deterministic=training["deterministic"], threads=threads, tf32=True)
    folders = {
        "splits_folder": splits_folder,
        "segments_folder": segments_folder,
        "recordings_folder": recordings_folder,
        "embedding_folder": embedding_folder,
    }
    store = open_store(
        **folders, window=Window(**window), seed=seed, device=device, **data_settings(training)
    )
    stories = sorted(store.segments["story"].unique())
    data = identify_data(**folders, recordings=store.recordings, stories=stories)
    batch_loss = build_batch_loss(store, seed=seed, decoder=decoder, training=training)
    model, loss, batches = batch_loss.decoder, batch_loss.loss, batch_loss.batches
    settings = {"window": window, "decoder": decoder, "training": training, "seed": seed}
    made_with = json.dumps({**settings, "data": data, "code": code}, sort_keys=True)
    key = hashlib.sha256(made_with.encode()).hexdigest()
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
