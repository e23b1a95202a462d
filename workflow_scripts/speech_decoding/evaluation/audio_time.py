"""Where segments lie in the audio of their story, whoever heard them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.files import read_table
from speech_decoding.segments.heard_audio import place_in_audio

if TYPE_CHECKING:
    import pandas as pd


def place_in_story(
    segments: "pd.DataFrame", wav_onsets: "pd.DataFrame", wavs: "pd.DataFrame"
) -> np.ndarray:
    """Find the time of each segment's onset in its story's audio files, put one after the other.

    Parameters: segments (recording, onset_s); wav_onsets (recording, wav, onset_s), when each file
    began; wavs (wav, begin_s), where it begins in its story.
    Returns: seconds [segments]; before the first file of a recording, relative to it.
    """
    known = wav_onsets[wav_onsets["wav"].isin(wavs["wav"])]
    placed = place_in_audio(segments, known)
    begin_s = placed["wav"].map(wavs.set_index("wav")["begin_s"])
    return (placed["passed_s"] + begin_s).to_numpy()


def read_wavs(folder: Path, stories: Iterable[str], rate_hz: int) -> "pd.DataFrame":
    """Read where each audio file begins in its story: a row per file, story, wav and begin_s.

    Parameters: folder, of the tables of merge_audio; rate_hz, of the merged audio.
    """
    import pandas as pd

    tables = [read_table(folder / f"{story}.parquet").assign(story=story) for story in stories]
    wavs = pd.concat(tables, ignore_index=True)
    return wavs.assign(begin_s=wavs["first_sample"] / rate_hz)[["story", "wav", "begin_s"]]
