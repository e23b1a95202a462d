"""A study's segments on one device: any batch of windows is one indexing operation away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from speech_decoding.errors import InputError
from speech_decoding.segments.frames import find_frames
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# The embedding's scale is measured on at most this many training segments (REFERENCE 3.1).
_SCALE_SEGMENTS = 8000
_SCALE_SEED = 1234
_UNKNOWN_POSITION = -0.1


@dataclass(frozen=True)
class StudyTables:
    """The tables of a study's segments stage.

    segments: a row per segment (recording, subject, story, split, first_sample, word ...);
    words: a row per spoken word (recording, start_s, duration_s);
    wav_onsets: when each wav began (recording, wav, onset_s);
    scalers: a row per recording and sensor (recording, name, x, y, center, scale), in order.
    """

    segments: "pd.DataFrame"
    words: "pd.DataFrame"
    wav_onsets: "pd.DataFrame"
    scalers: "pd.DataFrame"


@dataclass(frozen=True)
class Embedding:
    """A study's speech embedding: frames [frames, features] of all stories, one after the other.

    chunks: a row per embedded chunk (story, wav, split, start_s, stop_s, first_frame,
    frame_count), first_frame counting in `frames`; silence: the value where nobody speaks.
    """

    frames: np.ndarray
    chunks: "pd.DataFrame"
    silence: float


class SegmentStore:
    """Signals and embeddings, each held once, and the index arrays that cut segments out of them.

    Brain windows are baseline-corrected, scaled per recording and sensor, and clamped; the brain is
    taken `delay_s` later than the speech (REFERENCE 2, steps 5 to 8).

    Attributes: segments, the table whose row numbers all methods take; subjects, the sorted
    subjects; subject_index and layout_index [segments]; layout_positions [layouts, sensors, 2];
    embedding_mean and embedding_std, the scalar standardisation.
    """

    def __init__(
        self,
        tables: StudyTables,
        signals: Mapping[str, np.ndarray],
        embedding: Embedding,
        *,
        window: Window,
        delay_s: float,
        clamp: float | None,
        device: str | torch.device = "cpu",
        embedding_scale: tuple[float, float] | None = None,
    ):
        self.segments = tables.segments
        self.window = window
        self.clamp = clamp
        self.device = torch.device(device)
        self.delay = int(delay_s * window.rate_hz)
        recordings = sorted(signals)
        number = {recording: index for index, recording in enumerate(recordings)}
        recording = self.segments["recording"].map(number).to_numpy()

        lengths = [len(signals[name]) for name in recordings]
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        sensor_count = max(signals[name].shape[1] for name in recordings)
        self._signal = torch.zeros(sum(lengths), sensor_count, device=self.device)
        for name, offset, length in zip(recordings, offsets, lengths, strict=True):
            part = torch.from_numpy(np.array(signals[name]))
            self._signal[offset : offset + length, : part.shape[1]] = part
        self._begin = self._tensor(offsets[recording] + self.segments["first_sample"].to_numpy())
        self._sample = torch.arange(window.sample_count, device=self.device)

        self.subjects = sorted(self.segments["subject"].unique())
        self.subject_index = self._tensor(
            self.segments["subject"].map(self.subjects.index).to_numpy()
        )
        center, scale, positions = _tabulate_sensors(tables.scalers, recordings, sensor_count)
        layouts, layout_index = np.unique(positions, axis=0, return_inverse=True)
        self.layout_positions = self._tensor(layouts.astype(np.float32))
        self.layout_index = self._tensor(layout_index.reshape(-1)[recording])
        self._recording = self._tensor(recording)
        self._center, self._scale = self._tensor(center), self._tensor(scale)

        pieces = find_frames(self.segments, tables.wav_onsets, embedding.chunks, window)
        silence_frame = len(embedding.frames)
        frame = pieces.frame_index(np.arange(len(self.segments)), window)
        frame[frame < 0] = silence_frame
        if embedding_scale is None:
            embedding_scale = _measure_scale(embedding.frames, frame, tables, window)
        self.embedding_mean, self.embedding_std = embedding_scale
        frames = np.empty((silence_frame + 1, embedding.frames.shape[1]), np.float32)
        frames[:-1] = embedding.frames
        frames[-1] = embedding.silence
        self._frames = (self._tensor(frames) - self.embedding_mean) / self.embedding_std
        self._frame = self._tensor(frame)

        identity = self.segments.groupby(["word_index", "sequence_text"], dropna=False, sort=False)
        self.segment_index = self._tensor(identity.ngroup().to_numpy())

    @property
    def feature_count(self) -> int:
        return self._frames.shape[1]

    def rows(self, split: str) -> np.ndarray:
        """Give the row numbers of a split's segments."""
        return np.flatnonzero(self.segments["split"] == split)

    def brain(self, rows: Tensor) -> Tensor:
        """Cut brain windows: float32 [rows, sensors, samples - delay]."""
        windows = self._signal[self._begin[rows, None] + self._sample]  # [rows, samples, sensors]
        recording = self._recording[rows]
        baseline = windows[:, : self.window.baseline_count].mean(dim=1)
        windows = windows[:, self.delay :] - (baseline + self._center[recording])[:, None]
        windows /= self._scale[recording][:, None]
        if self.clamp is not None:
            windows.clamp_(-self.clamp, self.clamp)
        return windows.mT.contiguous()

    def speech(self, rows: Tensor) -> Tensor:
        """Cut the speech of the same segments: float32 [rows, features, samples - delay]."""
        frame = self._frame[rows, : self.window.sample_count - self.delay]
        return self._frames[frame].mT.contiguous()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values)).to(self.device)


def _tabulate_sensors(
    scalers: "pd.DataFrame", recordings: list[str], sensor_count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give center and scale [recordings, sensors] and positions [recordings, sensors, 2]."""
    center = np.zeros((len(recordings), sensor_count), np.float32)
    scale = np.ones_like(center)
    positions = np.full((len(recordings), sensor_count, 2), _UNKNOWN_POSITION)
    by_recording = dict(tuple(scalers.groupby("recording")))
    for row, recording in enumerate(recordings):
        sensors = by_recording[recording]
        center[row, : len(sensors)] = sensors["center"]
        scale[row, : len(sensors)] = sensors["scale"]
        positions[row, : len(sensors)] = sensors[["x", "y"]]
    return center, scale, positions


def _measure_scale(
    frames: np.ndarray, frame: np.ndarray, tables: StudyTables, window: Window
) -> tuple[float, float]:
    """Measure mean and standard deviation of the embedding inside words of training segments."""
    training = np.flatnonzero(tables.segments["split"] == "train")
    if len(training) == 0:
        raise InputError(
            "segments",
            expected="training segments",
            found="none",
            consequence="nothing can be learnt",
            next_step="check the splits' shares and the length of the recordings",
        )
    chosen = np.random.default_rng(_SCALE_SEED).permutation(training)[:_SCALE_SEGMENTS]
    spoken = _inside_words(tables, np.sort(chosen), window)  # [segments, samples]
    used = frame[np.sort(chosen)][spoken]
    weight = np.bincount(used, minlength=len(frames) + 1)[: len(frames)].astype(np.float64)
    total = weight.sum() * frames.shape[1]
    mean = float(weight @ frames.sum(axis=1, dtype=np.float64) / total)
    squares = np.square(frames - np.float32(mean)).sum(axis=1, dtype=np.float64)
    std = float(np.sqrt(weight @ squares / total))
    return mean, std


def _inside_words(tables: StudyTables, rows: np.ndarray, window: Window) -> np.ndarray:
    """Tell for each sample of the segments in `rows` whether a word is heard then."""
    segments = tables.segments.iloc[rows]
    words = dict(tuple(tables.words.groupby("recording")))
    inside = np.zeros((len(rows), window.sample_count), dtype=bool)
    place = np.arange(len(rows))
    for recording, group in segments.assign(place=place).groupby("recording"):
        start_s = words[recording]["start_s"].clip(lower=0)  # some began before the recording
        start = np.round(start_s.to_numpy() * window.rate_hz).astype(int)
        stop_s = (words[recording]["start_s"] + words[recording]["duration_s"]).to_numpy()
        stop = np.round(stop_s.clip(min=0) * window.rate_hz).astype(int)
        first = group["first_sample"].to_numpy()
        heard = np.zeros(max(int(first.max()) + window.sample_count, stop.max()) + 1, dtype=int)
        np.add.at(heard, start, 1)
        np.add.at(heard, stop, -1)
        active = np.cumsum(heard) > 0
        inside[group["place"]] = active[first[:, None] + np.arange(window.sample_count)]
    return inside
