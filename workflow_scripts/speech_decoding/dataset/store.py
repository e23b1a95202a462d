"""A study's segments: any batch of windows is a few operations on indices away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from plumbing.errors import InputError
from speech_decoding.dataset.frames import FramePieces, find_frames, find_positions
from speech_decoding.dataset.signals import Placement, Storage, place_signals
from speech_decoding.segments.heard_audio import place_in_audio
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# The embedding's scale is measured on at most this many training segments (protocol 3.1).
_SCALE_SEGMENTS = 8000
_SCALE_SEED = 1234
_UNKNOWN_POSITION = -0.1

Interpolation = Literal["nearest", "linear"]


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
    frame_count, and for linear interpolation first_frame_s and frame_step_s), first_frame counting
    in `frames`; silence: the value where nobody speaks.
    """

    frames: np.ndarray
    chunks: "pd.DataFrame"
    silence: float


class SegmentStore:
    """Signals and embeddings, each held once, and the index tensors that cut segments out of them.

    Brain windows are baseline-corrected, scaled per recording and sensor, and clamped; the brain is
    taken `delay_s` later than the speech (protocol 2, steps 5 to 8). A sample of the speech is the
    nearest frame of the embedding, or lies between two. Nothing that is cut waits for the device,
    if the row numbers are on the host.

    Attributes: segments, the table whose row numbers all methods take; subjects, the sorted
    subjects; subject_index and layout_index [segments]; recordings, sorted, and layout_of_recording
    [recordings]; layout_positions [layouts, sensors, 2]; embedding_mean and embedding_std, the
    scalar standardisation; segment_index [segments], equal where the same audio is heard: the
    same story at the same time, to the sample.
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
        interpolation: Interpolation = "nearest",
        signal_storage: Storage = "float32",
        placement: Placement = "auto",
    ):
        self.segments = tables.segments
        self.window = window
        self.clamp = clamp
        self.device = torch.device(device)
        # Whole samples, rounded down; 0.29 s at 100 Hz are 29 of them, not 28.999...
        self.delay = int(round(delay_s * window.rate_hz, 6))
        self.recordings = sorted(signals)
        number = {recording: index for index, recording in enumerate(self.recordings)}
        recording = self.segments["recording"].map(number).to_numpy()
        self._recording = torch.from_numpy(recording.copy())
        self._first_sample = torch.tensor(self.segments["first_sample"].to_numpy())
        _require_inside(self.segments, signals, window)
        self._signals = place_signals(
            [signals[name] for name in self.recordings],
            self.device,
            storage=signal_storage,
            placement=placement,
        )

        self.subjects = sorted(self.segments["subject"].unique())
        self.subject_index = self._tensor(
            self.segments["subject"].map(self.subjects.index).to_numpy()
        )
        sensor_count = max(signal.shape[1] for signal in signals.values())
        center, scale, positions = _tabulate_sensors(tables.scalers, self.recordings, sensor_count)
        layouts, layout_index = np.unique(positions, axis=0, return_inverse=True)
        self.layout_positions = self._tensor(layouts.astype(np.float32))
        self.layout_of_recording = layout_index.reshape(-1)
        self.layout_index = self._tensor(self.layout_of_recording[recording])
        self._center, self._scale = self._tensor(center), self._tensor(scale)
        self._sensors = dict(tuple(tables.scalers.groupby("recording")))

        pieces = find_frames(self.segments, tables.wav_onsets, embedding.chunks, window)
        if embedding_scale is None:
            embedding_scale = _measure_scale(embedding.frames, pieces, tables, window)
        self.embedding_mean, self.embedding_std = embedding_scale
        # [1 + frames, features]: silence first, so that the frame after "none", -1, is silence
        frames = torch.empty(1 + len(embedding.frames), embedding.frames.shape[1])
        frames[0] = embedding.silence
        frames[1:] = torch.from_numpy(np.asarray(embedding.frames))
        frames.sub_(self.embedding_mean).div_(self.embedding_std)
        self._frames = frames.to(self.device)
        self._pieces = pieces.to(self.device)
        self._positions = None
        if interpolation == "linear":
            positions = find_positions(self.segments, tables.wav_onsets, embedding.chunks, window)
            self._positions = positions.to(self.device)

        self.segment_index = self._tensor(_number_audio(tables, window))

    @property
    def feature_count(self) -> int:
        return self._frames.shape[1]

    def rows(self, split: str) -> np.ndarray:
        """Give the row numbers of a split's segments."""
        return np.flatnonzero(self.segments["split"] == split)

    def describe_layouts(self) -> list[dict[str, Any]]:
        """List the layouts: the recordings of each, and names and positions of its sensors."""
        layouts = []
        for number in range(len(self.layout_positions)):
            recordings = [
                name
                for name, layout in zip(self.recordings, self.layout_of_recording, strict=True)
                if layout == number
            ]
            sensors = self._sensors[recordings[0]]
            positions = sensors[["x", "y"]].to_numpy(float).tolist()
            names = [str(name) for name in sensors["name"]]
            layouts.append({"recordings": recordings, "sensors": names, "positions": positions})
        return layouts

    def brain(self, rows: Tensor) -> Tensor:
        """Cut brain windows: float32 [rows, sensors, samples - delay].

        In memory the sensors of a sample lie side by side, as they were recorded.
        """
        rows = rows.cpu()
        shape = len(rows), self.window.sample_count - self.delay, self._center.shape[1]
        brain = torch.empty(shape, device=self.device)
        for first in range(0, len(rows), self._signals.block):
            part = rows[first : first + self._signals.block]
            recording, first_sample = self._recording[part], self._first_sample[part]
            # [part, samples, sensors]
            windows = self._signals.cut(recording, first_sample, self.window.sample_count)
            recording = recording.to(self.device, non_blocking=True)
            shift = windows[:, : self.window.baseline_count].mean(dim=1) + self._center[recording]
            scaled = brain[first : first + len(part)]
            torch.sub(windows[:, self.delay :], shift[:, None], out=scaled)
            scaled.div_(self._scale[recording][:, None])
            if self.clamp is not None:
                scaled.clamp_(-self.clamp, self.clamp)
        return brain.mT

    def speech(self, rows: Tensor) -> Tensor:
        """Cut the speech of the same segments: float32 [rows, features, samples - delay].

        In memory the features of a sample lie side by side, as frames do.
        """
        rows = rows.to(self.device, non_blocking=True)
        if self._positions is None:
            return self._take(self._pieces.frame_index(rows, self.window))
        before, after, share = self._positions.neighbours(rows, self.window)
        share = share[:, None, : self.window.sample_count - self.delay]
        return self._take(before).lerp_(self._take(after), share)

    def _take(self, frame: Tensor) -> Tensor:
        """Take frames by number [rows, samples]: [rows, features, samples - delay]."""
        frame = 1 + frame[:, : self.window.sample_count - self.delay]
        # Whole frames are copied: an order of magnitude faster than number by number.
        taken = self._frames.index_select(0, frame.flatten())
        return taken.unflatten(0, frame.shape).mT  # [rows, samples, features] -> as told

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


def _require_inside(
    segments: "pd.DataFrame", signals: Mapping[str, np.ndarray], window: Window
) -> None:
    """Raise InputError unless all windows lie in their recordings.

    Another one would be filled with the end of its recording, or the beginning of the next.
    """
    length = segments["recording"].map({name: len(signal) for name, signal in signals.items()})
    first = segments["first_sample"]
    outside = (first < 0) | (first + window.sample_count > length)
    if outside.any():
        row = segments[outside].iloc[0]
        raise InputError(
            f"segments of {row['recording']}",
            expected=f"windows of {window.sample_count} samples in the recording",
            found=f"{outside.sum()} outside, such as one that begins at sample "
            f"{row['first_sample']}",
            consequence="nothing can be learnt from them",
            next_step="delete the study's folder of segments and give the same command again",
        )


def _number_audio(tables: StudyTables, window: Window) -> np.ndarray:
    """Number the segments [segments] by the audio at their time zero, not by their words.

    Many windows have no word, and no two of one listener hold the same audio.
    """
    segments = tables.segments[["recording", "story"]]
    first_sample = tables.segments["first_sample"] - window.first_sample
    times = segments.assign(onset_s=first_sample / window.rate_hz)
    placed = place_in_audio(times, tables.wav_onsets)
    sample = (placed["passed_s"] * window.rate_hz).round()
    heard = placed.assign(story=segments["story"].to_numpy(), sample=sample)
    return heard.groupby(["story", "wav", "sample"], dropna=False, sort=False).ngroup().to_numpy()


def _measure_scale(
    frames: np.ndarray, pieces: FramePieces, tables: StudyTables, window: Window
) -> tuple[float, float]:
    """Measure mean and standard deviation of the embedding inside words of training segments.

    Raises: InputError if there are none, or the embedding is the same throughout.
    """
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
    used = pieces.frame_index(torch.from_numpy(np.sort(chosen)), window).numpy()[spoken]
    weight = np.bincount(used[used >= 0], minlength=len(frames)).astype(np.float64)
    total = weight.sum() * frames.shape[1]
    if total == 0:
        raise _unscalable("words with audio in the training segments", "none")
    mean = float(weight @ frames.sum(axis=1, dtype=np.float64) / total)
    squares = np.square(frames - np.float32(mean)).sum(axis=1, dtype=np.float64)
    std = float(np.sqrt(weight @ squares / total))
    if std == 0:
        raise _unscalable("an embedding that changes while words are heard", f"{mean:g} throughout")
    return mean, std


def _unscalable(expected: str, found: str) -> InputError:
    return InputError(
        "the speech embedding",
        expected=expected,
        found=found,
        consequence="its scale cannot be measured and nothing can be learnt from it",
        next_step="check the audio files and the events that name them",
    )


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
