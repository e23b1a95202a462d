"""Embedding a story: chunk after chunk, each alone, so that no context crosses a split.

Chunks are not put into batches. A sum over a batch may be added up in another order than that over
one chunk, and a chunk's frames would then depend on which others are embedded with it, or were
before an interruption. There is also little to gain: a chunk of some seconds is hundreds of frames,
which keep all cores busy.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from plumbing.errors import InputError
from speech_decoding.speech.audio import read_chunk
from speech_decoding.speech.finished import FinishedChunks
from speech_decoding.speech.targets import SpeechTarget
from speech_decoding.speech.waveforms import RATE_HZ

if TYPE_CHECKING:
    import pandas as pd

_BAR = "{percentage:3.0f}%|{bar:20}| {n:.0f} of {total:.0f} s of audio, {elapsed}, {remaining} left"


def embed_story(
    target: SpeechTarget,
    wavs: Mapping[str, Path],
    chunks: "pd.DataFrame",
    *,
    finished: FinishedChunks,
    output: AbstractContextManager[Path],
) -> "pd.DataFrame":
    """Embed all chunks of a story (protocol 3.1), in memory that its length does not change.

    Parameters: wavs, the story's audio files by the names that chunks call them; chunks, the
    story's (wav, start_s, stop_s in that file), none if it is left out; finished, where chunks are
    kept as they are done; output, gives the file (.npy) for float32 [frames,
    features] of all chunks when it is entered.
    Returns: the chunks with first_frame and frame_count, and with the times of their frames: frame
    i of a chunk is centred on first_frame_s + i * frame_step_s, seconds of the chunk's file.
    Raises: InputError for a chunk that is too short for one frame (cutting the audio leaves none:
    its shortest chunk lasts 0.1 s, and four frames of wav2vec 2.0), for a file that cannot be read,
    and for an embedding that is not finite.
    """
    kept, begins_s = [], []
    lengths_s = chunks["stop_s"] - chunks["start_s"]
    with tqdm(total=lengths_s.sum(), bar_format=_BAR) as bar:
        for row, length_s in zip(chunks.itertuples(), lengths_s, strict=True):
            waveform, begin_s = read_chunk(wavs[row.wav], row.start_s, row.stop_s, rate_hz=RATE_HZ)
            place = f"{row.wav}, {row.start_s:.2f} to {row.stop_s:.2f} s"
            kept.append(finished.keep(waveform, partial(_embed_finite, target, place)))
            begins_s.append(begin_s)
            bar.update(length_s)
    frame_count = np.array(finished.join(kept, output, features=target.features), dtype=int)
    return chunks.assign(
        first_frame=np.cumsum(frame_count) - frame_count,
        frame_count=frame_count,
        first_frame_s=np.array(begins_s, dtype=float) + target.first_frame_s,
        frame_step_s=target.frame_step_s,
    )


def _embed_finite(target: SpeechTarget, place: str, waveform: np.ndarray) -> np.ndarray:
    """Embed a chunk; raise InputError, naming its place in the audio, where that is undefined."""
    frames = target.embed(waveform)
    if not np.isfinite(frames).all():
        share = 100 * np.mean(~np.isfinite(frames))
        raise InputError(
            place,
            expected="an embedding of finite numbers",
            found=f"{share:.3g} % that are not",
            consequence="no decoder can be trained on it",
            next_step="set dtype to float32, or give another checkpoint",
        )
    return frames
