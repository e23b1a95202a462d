"""Which embedding frame belongs to which sample of a segment: pure index arithmetic."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FramePieces:
    """For each segment, the pieces of embedded chunks that fill it; tensors [segments, pieces].

    Piece p fills samples first_sample to first_sample + sample_count of the window with the frames
    from first_frame on, frame_count of them, each frame repeated to fill (nearest neighbour, with
    the single-precision arithmetic of torch's `interpolate`). Unused pieces have a sample_count
    of 0.
    """

    first_sample: Tensor
    sample_count: Tensor
    first_frame: Tensor
    frame_count: Tensor

    def to(self, device: torch.device) -> "FramePieces":
        """Give the same pieces on another device."""
        return FramePieces(*(getattr(self, field.name).to(device) for field in fields(self)))

    def frame_index(self, rows: Tensor, window: Window) -> Tensor:
        """Give the frame of every sample: int64 [rows, samples], -1 where there is no speech."""
        sample = torch.arange(window.sample_count, device=rows.device)
        frames = torch.full((len(rows), window.sample_count), -1, device=rows.device)
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
            scale = frame_count.float() / count.clamp(min=1).float()
            nearest = ((sample - first).float() * scale).long().minimum(frame_count - 1)
            frames = torch.where(inside, first_frame + nearest, frames)
        return frames


@dataclass(frozen=True)
class FramePositions:
    """For each segment, its samples on the time axis of the frames; tensors [segments, pieces].

    Piece p fills samples first_sample to first_sample + sample_count of the window. Its first
    sample lies at the frame number first_position, a fraction, and each further one `step` later;
    lowest and highest are the first and last frame of the chunk, whose edges are held.
    """

    first_sample: Tensor
    sample_count: Tensor
    first_position: Tensor
    step: Tensor
    lowest: Tensor
    highest: Tensor

    def to(self, device: torch.device) -> "FramePositions":
        """Give the same pieces on another device."""
        return FramePositions(*(getattr(self, field.name).to(device) for field in fields(self)))

    def neighbours(self, rows: Tensor, window: Window) -> tuple[Tensor, Tensor, Tensor]:
        """Give the frames before and after every sample, and its share of the way between.

        Returns: int64 [rows, samples] twice, -1 where there is no speech; float32 [rows, samples],
        from 0 to 1.
        """
        sample = torch.arange(window.sample_count, device=rows.device)
        shape = len(rows), window.sample_count
        before = torch.full(shape, -1, device=rows.device)
        after = before.clone()
        share = torch.zeros(shape, device=rows.device)
        for piece in range(self.first_sample.shape[1]):
            first, count, first_position, step, lowest, highest = (
                getattr(self, field.name)[rows, piece, None] for field in fields(self)
            )
            inside = (sample >= first) & (sample < first + count)
            position = first_position + (sample - first) * step  # float64
            position = position.maximum(lowest.double()).minimum(highest.double())
            lower = position.floor()
            before = torch.where(inside, lower.long(), before)
            after = torch.where(inside, (lower.long() + 1).minimum(highest), after)
            share = torch.where(inside, (position - lower).float(), share)
        return before, after, share


def find_frames(
    segments: "pd.DataFrame",
    wav_onsets: "pd.DataFrame",
    chunks: "pd.DataFrame",
    window: Window,
) -> FramePieces:
    """Find the frames of every segment (protocol 3.1, nearest neighbour).

    Parameters: segments, of any recordings (recording, story, split, first_sample);
    wav_onsets (recording, wav, onset_s); chunks, embedded (story, wav, split, start_s, stop_s,
    first_frame, frame_count).
    A segment takes frames of chunks of its own split only.
    """
    pieces = _overlaps(segments, wav_onsets, chunks, window)
    frame_hz = pieces["frame_count"] / (pieces["stop_s"] - pieces["start_s"])
    first_frame = np.round((pieces["from_s"] - pieces["begin_s_chunk"]) * frame_hz)
    last_frame = np.round((pieces["to_s"] - pieces["begin_s_chunk"]) * frame_hz)
    first_frame = first_frame.clip(upper=pieces["frame_count"] - 1)
    tabulated = pieces.assign(
        first_frame=pieces["first_frame"] + first_frame,
        frame_count=(last_frame - first_frame).clip(lower=1),
    )
    columns = ("first_sample", "sample_count", "first_frame", "frame_count")
    return FramePieces(*(_tabulate(tabulated, name, np.int64, len(segments)) for name in columns))


def find_positions(
    segments: "pd.DataFrame",
    wav_onsets: "pd.DataFrame",
    chunks: "pd.DataFrame",
    window: Window,
) -> FramePositions:
    """Find every segment's samples on the time axis of the frames, for linear interpolation.

    Parameters: those of find_frames; chunks also with first_frame_s (seconds of the wav at which a
    chunk's first frame is centred) and frame_step_s (seconds from frame to frame). A sample's
    position depends on its time alone, not on the window that it is cut with.
    """
    pieces = _overlaps(segments, wav_onsets, chunks, window)
    first_s = pieces["begin_s"] + pieces["first_sample"] / window.rate_hz
    passed_s = first_s - pieces["onset_s"] - pieces["first_frame_s"]
    lowest = pieces["first_frame"]
    tabulated = pieces.assign(
        first_position=lowest + passed_s / pieces["frame_step_s"],
        step=1 / (window.rate_hz * pieces["frame_step_s"]),
        lowest=lowest,
        highest=lowest + pieces["frame_count"] - 1,
    )
    return FramePositions(
        *(
            _tabulate(tabulated, name, kind, len(segments))
            for name, kind in (
                ("first_sample", np.int64),
                ("sample_count", np.int64),
                ("first_position", np.float64),
                ("step", np.float64),
                ("lowest", np.int64),
                ("highest", np.int64),
            )
        )
    )


def _tabulate(pieces: "pd.DataFrame", column: str, kind: type, segment_count: int) -> Tensor:
    """Give a column of the pieces as [segments, pieces], 0 where a segment has fewer."""
    deepest = int(pieces["piece"].max()) + 1 if len(pieces) else 1
    values = np.zeros((segment_count, deepest), dtype=kind)
    values[pieces["row"], pieces["piece"]] = pieces[column].astype(kind)
    return torch.from_numpy(values)


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

    first_sample = np.round((pairs["from_s"] - pairs["begin_s"]) * rate_hz)
    last_sample = np.round((pairs["to_s"] - pairs["begin_s"]) * rate_hz)
    return pairs.assign(
        piece=pairs.groupby("row").cumcount(),
        first_sample=first_sample,
        sample_count=last_sample - first_sample,
    )
