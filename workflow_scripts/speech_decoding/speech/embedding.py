"""Embedding a story: one pass of the speech model per chunk, so that no context crosses a split."""

from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.speech.targets import SpeechTarget
from speech_decoding.speech.waveforms import RATE_HZ

if TYPE_CHECKING:
    import pandas as pd


def embed_story(
    target: SpeechTarget, audio: np.ndarray, wavs: "pd.DataFrame", chunks: "pd.DataFrame"
) -> tuple[np.ndarray, "pd.DataFrame"]:
    """Embed all chunks of a story (REFERENCE 3.1).

    Parameters: audio, float32 [samples] at 16 kHz, the merged story; wavs, where each file begins
    in it; chunks, the story's (wav, start_s, stop_s in that file).
    Returns: float32 [frames, features] of all chunks, and the chunks with first_frame and
    frame_count; a chunk's frames are spread evenly over its duration.
    """
    begins = wavs.set_index("wav")["first_sample"]
    counts = wavs.set_index("wav")["sample_count"]
    frames = []
    for row in chunks.itertuples():
        begin = round(row.start_s * RATE_HZ)
        end = min(round(row.stop_s * RATE_HZ), counts[row.wav])
        waveform = np.array(audio[begins[row.wav] + begin : begins[row.wav] + end])
        frames.append(target.embed(waveform))
        print(f"{row.wav} {row.start_s:7.2f} to {row.stop_s:7.2f} s", flush=True)
    frame_count = np.array([len(part) for part in frames])
    first_frame = np.cumsum(frame_count) - frame_count
    return np.concatenate(frames), chunks.assign(first_frame=first_frame, frame_count=frame_count)
