"""Opening the segments of a study as one training cuts them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from plumbing.results import Results
from speech_decoding.dataset.loading import (
    load_embedding,
    load_signals,
    load_tables,
    noise_signals,
)
from speech_decoding.dataset.selection import Selection
from speech_decoding.dataset.signals import Storage
from speech_decoding.dataset.store import Interpolation, SegmentStore, StudyTables
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# From a study's tables and its signals to a table of further segments.
Further = Callable[[StudyTables, Mapping[str, np.ndarray]], "pd.DataFrame"]

# What of the block `training` decides how segments are cut.
_DATA = ("delay_s", "clamp", "brain", "interpolation", "signal_storage", "selection")


def data_settings(training: dict[str, Any]) -> dict[str, Any]:
    """Pick from the block `training` what decides how segments are cut."""
    return {key: training[key] for key in _DATA}


def open_store(
    results: Results,
    *,
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

    Parameters: results, of a study and one of its embeddings; window to signal_storage, of
    SegmentStore; brain, "noise" replaces the recordings by noise; selection, settings of Selection,
    takes a part of the study; further, lists segments that come after those of the study, in splits
    of their own, such as stretches of silence.
    """
    tables = load_tables(results)
    tables = replace(tables, segments=Selection(**selection).apply(tables.segments))
    stories = sorted(tables.segments["story"].unique())
    signals = load_signals(results, sorted(tables.segments["recording"].unique()))
    if brain == "noise":
        signals = noise_signals(signals, seed=seed)
        # The interquartile range of the standard normal distribution.
        tables.scalers[["center", "scale"]] = (0.0, 1.349)
    if further:
        tables = add_segments(tables, further(tables, signals))
    return SegmentStore(
        tables,
        signals,
        load_embedding(results, stories),
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
