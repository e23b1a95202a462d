"""Cutting one recording: its segments, and the scaler fitted on those of the training split."""

from typing import TYPE_CHECKING, Annotated

import numpy as np

from plumbing.errors import InputError
from plumbing.values import Count, Positive, Range
from speech_decoding.segments.scaling import choose_segments, fit_scaler
from speech_decoding.segments.windows import Window, find_segments

if TYPE_CHECKING:
    import pandas as pd


def cut_recording(
    recording: str,
    signal: np.ndarray,
    sensors: "pd.DataFrame",
    words: "pd.DataFrame",
    blocks: "pd.DataFrame",
    rate_hz: int,
    *,
    start_s: Annotated[float, Range(least=-1_000_000, most=0)],
    stop_s: Positive,
    stride_s: Positive,
    scaler_segments: Count,
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Find a recording's segments and fit its scaler (protocol 2).

    Parameters: signal [samples, sensors] at rate_hz; sensors, words and blocks, its tables; start_s
    to stop_s, the window around an onset; stride_s, of the training grid; scaler_segments, how many
    training segments fit the scaler.
    Returns: the segments, and the sensors with their center and scale; both with `recording`.
    Raises: InputError if the recording is shorter than one window, holds a number that is not
    finite, or has no training segment.
    """
    window = Window(start_s, stop_s, rate_hz)
    if len(signal) < window.sample_count:
        raise _unusable(
            recording,
            f"at least one window of {window.sample_count} samples",
            f"{len(signal)} samples at {rate_hz} Hz",
        )
    if not np.isfinite(signal).all():
        sensor = sensors["name"].iloc[int(np.argmin(np.isfinite(signal).all(axis=0)))]
        raise _unusable(recording, "a signal of finite numbers", f"others at the sensor {sensor}")
    segments = find_segments(
        words, blocks, sample_count=len(signal), window=window, stride_s=stride_s
    )
    training = segments.loc[segments["split"] == "train", "first_sample"].to_numpy()
    if len(training) == 0:
        raise _unusable(recording, "a training segment to fit its scaler on", "none")
    chosen = choose_segments(recording, training, scaler_segments)
    center, scale = fit_scaler(signal, chosen, window)
    segments.insert(0, "recording", recording)
    return segments, sensors.assign(recording=recording, center=center, scale=scale)


def join_recordings(
    parts: list[tuple["pd.DataFrame", "pd.DataFrame"]],
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Put the recordings' segments and scalers one after the other, in the order given."""
    import pandas as pd

    segments, scalers = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    return segments, scalers


def _unusable(recording: str, expected: str, found: str) -> InputError:
    return InputError(
        f"recording {recording}",
        expected=expected,
        found=found,
        consequence="no segment of it can be used",
        next_step="name it under `exclude` in config.yaml with a reason",
    )
