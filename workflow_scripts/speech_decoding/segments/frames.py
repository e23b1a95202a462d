"""Which embedding frame belongs to which sample of a segment: pure index arithmetic."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FramePieces:
    """For each segment, the pieces of embedded chunks that fill it; arrays [segments, pieces].

    Piece p fills samples first_sample to first_sample + sample_count of the window with the frames
    from first_frame on, frame_count of them, each frame repeated to fill (nearest neighbour).
    Unused pieces have a sample_count of 0.
    """

    first_sample: np.ndarray
    sample_count: np.ndarray
    first_frame: np.ndarray
    frame_count: np.ndarray

    def frame_index(self, rows: np.ndarray, window: Window) -> np.ndarray:
        """Give the frame of every sample: int64 [rows, samples], -1 where there is no speech."""
        sample = np.arange(window.sample_count)
        frames = np.full((len(rows), window.sample_count), -1, dtype=np.int64)
        for piece in range(self.first_sample.shape[1]):
            first, count, first_frame, frame_count = (
                values[rows, piece, None]
                for values in (
                    self.first_sample,
                    self.sample_count,
                    self.first_frame,
                    self.frame_count,
                )
            )
            inside = (sample >= first) & (sample < first + count)
            nearest = first_frame + (sample - first) * frame_count // np.maximum(count, 1)
            frames = np.where(inside, nearest, frames)
        return frames


def find_frames(
    segments: "pd.DataFrame",
    wav_onsets: "pd.DataFrame",
    chunks: "pd.DataFrame",
    window: Window,
) -> FramePieces:
    """Find the frames of every segment (REFERENCE 3.1, nearest neighbour).

    Parameters: segments, of any recordings (recording, story, split, first_sample);
    wav_onsets (recording, wav, onset_s); chunks, embedded (story, wav, split, start_s, stop_s,
    first_frame, frame_count).
    A segment takes frames of chunks of its own split only.
    """
    pieces = _overlaps(segments, wav_onsets, chunks, window)
    deepest = int(pieces["piece"].max()) + 1 if len(pieces) else 1
    columns = ("piece_first_sample", "piece_samples", "piece_first_frame", "piece_frames")
    arrays = np.zeros((len(columns), len(segments), deepest), dtype=np.int64)
    for array, column in zip(arrays, columns, strict=True):
        array[pieces["row"], pieces["piece"]] = pieces[column]
    return FramePieces(*arrays)


def _overlaps(
    segments: "pd.DataFrame", wav_onsets: "pd.DataFrame", chunks: "pd.DataFrame", window: Window
) -> "pd.DataFrame":
    import pandas as pd

    placed = wav_onsets.merge(chunks, on="wav")
    placed["begin_s"] = placed["onset_s"] + placed["start_s"]
    placed["end_s"] = placed["onset_s"] + placed["stop_s"]
    by_recording = dict(tuple(placed.groupby(["recording", "split"])))
    tables = [
        _overlaps_of_recording(rows, by_recording[key], window)
        for key, rows in segments.assign(row=np.arange(len(segments))).groupby(
            ["recording", "split"]
        )
        if key in by_recording
    ]
    return pd.concat(tables, ignore_index=True)


def _overlaps_of_recording(
    segments: "pd.DataFrame", chunks: "pd.DataFrame", window: Window
) -> "pd.DataFrame":
    rate_hz = window.rate_hz
    begin_s = segments["first_sample"].to_numpy() / rate_hz
    spans = segments[["row"]].assign(begin_s=begin_s, end_s=begin_s + window.sample_count / rate_hz)
    pairs = spans.merge(chunks, how="cross", suffixes=("", "_chunk"))
    pairs["from_s"] = pairs[["begin_s", "begin_s_chunk"]].max(axis=1)
    pairs["to_s"] = pairs[["end_s", "end_s_chunk"]].min(axis=1)
    pairs = pairs[pairs["from_s"] < pairs["to_s"]].sort_values(["row", "from_s"])

    frame_hz = pairs["frame_count"] / (pairs["stop_s"] - pairs["start_s"])
    first_sample = np.round((pairs["from_s"] - pairs["begin_s"]) * rate_hz)
    last_sample = np.round((pairs["to_s"] - pairs["begin_s"]) * rate_hz)
    first_frame = np.round((pairs["from_s"] - pairs["begin_s_chunk"]) * frame_hz)
    last_frame = np.round((pairs["to_s"] - pairs["begin_s_chunk"]) * frame_hz)
    first_frame = first_frame.clip(upper=pairs["frame_count"] - 1)
    return pairs[["row"]].assign(
        piece=pairs.groupby("row").cumcount(),
        piece_first_sample=first_sample.astype(np.int64),
        piece_samples=(last_sample - first_sample).astype(np.int64),
        piece_first_frame=(pairs["first_frame"] + first_frame).astype(np.int64),
        piece_frames=(last_frame - first_frame).clip(lower=1).astype(np.int64),
    )
