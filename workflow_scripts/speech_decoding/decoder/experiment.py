"""One experiment: the stages' files in, a trained decoder and its description out."""

from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from speech_decoding.decoder.brain_module import BrainModule
from speech_decoding.decoder.losses import ClipLoss
from speech_decoding.decoder.training import Epoch, train
from speech_decoding.segments.loading import (
    load_embedding,
    load_signals,
    load_tables,
    noise_signals,
)
from speech_decoding.segments.store import SegmentStore
from speech_decoding.segments.windows import Window

# What of the block `training` concerns the optimisation, and what the data it is given.
_OPTIMISATION = (
    "learning_rate",
    "batch_size",
    "updates_per_epoch",
    "epochs",
    "patience",
    "pairing",
)
_DATA = ("delay_s", "clamp", "brain")


def data_settings(training: dict[str, Any]) -> dict[str, Any]:
    """Pick from the block `training` what decides how segments are cut."""
    return {key: training[key] for key in _DATA}


def choose_device(device: str) -> torch.device:
    """Give the device named "cpu" or "cuda"; "auto" is the GPU if there is one."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


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
    seed: int,
    device: torch.device,
    embedding_scale: tuple[float, float] | None = None,
) -> SegmentStore:
    """Read the stages' files into a store; brain "noise" replaces the recordings by noise."""
    tables = load_tables(splits_folder, segments_folder)
    stories = sorted(tables.segments["story"].unique())
    signals = load_signals(recordings_folder, sorted(tables.segments["recording"].unique()))
    if brain == "noise":
        signals = noise_signals(signals, seed=seed)
        # The interquartile range of the standard normal distribution.
        tables.scalers[["center", "scale"]] = (0.0, 1.349)
    return SegmentStore(
        tables,
        signals,
        load_embedding(embedding_folder, stories),
        window=window,
        delay_s=delay_s,
        clamp=clamp,
        device=device,
        embedding_scale=embedding_scale,
    )


def train_experiment(
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    seed: int,
    threads: int | None,
    window: dict[str, Any],
    decoder: dict[str, Any],
    training: dict[str, Any],
) -> tuple[BrainModule, dict[str, Any], list[Epoch]]:
    """Train one decoder.

    Parameters: the folders of the earlier stages; seed, of the weights and the batches; threads,
    processor cores, None for all; window (start_s, stop_s, rate_hz), decoder (keyword arguments of
    BrainModule) and training, blocks of settings.
    Returns: the model at its lowest validation loss, all that is needed to rebuild it, the history.
    """
    if threads:
        torch.set_num_threads(threads)
    device = choose_device(training["device"])
    store = open_store(
        splits_folder=splits_folder,
        segments_folder=segments_folder,
        recordings_folder=recordings_folder,
        embedding_folder=embedding_folder,
        window=Window(**window),
        seed=seed,
        device=device,
        **data_settings(training),
    )
    torch.manual_seed(seed)
    model = BrainModule(
        store.layout_positions,
        n_subjects=len(store.subjects),
        n_outputs=store.feature_count,
        **decoder,
    ).to(device)

    with tqdm(total=training["epochs"], unit="epoch", mininterval=5) as bar:

        def report(epoch: Epoch, best: bool) -> None:
            bar.set_postfix_str(
                f"loss {epoch.train_loss:.3f}, validation {epoch.valid_loss:.3f}, "
                f"top-10 {epoch.valid_top10:.2f}{' (best)' if best else ''}"
            )
            bar.update()

        loss = ClipLoss().to(device)
        optimisation = {key: training[key] for key in _OPTIMISATION}
        history = train(model, loss, store, seed=seed, report=report, **optimisation)
    description = {
        "decoder": decoder,
        "n_subjects": len(store.subjects),
        "n_outputs": store.feature_count,
        "subjects": store.subjects,
        "window": window,
        "training": training,
        "seed": seed,
        "embedding_scale": [store.embedding_mean, store.embedding_std],
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    return model, description, history
