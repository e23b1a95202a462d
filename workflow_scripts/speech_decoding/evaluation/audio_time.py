"""Where segments lie in the audio of their story, whoever heard them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.files import read_table

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
    import pandas as pd

    begins = wav_onsets.merge(wavs[["wav", "begin_s"]], on="wav")
    begins["began_s"] = begins["onset_s"]
    ordered = segments[["recording", "onset_s"]].reset_index(drop=True).reset_index()
    ordered = ordered.sort_values("onset_s")
    begins = begins[["recording", "onset_s", "began_s", "begin_s"]].sort_values("onset_s")
    placed = pd.merge_asof(ordered, begins, on="onset_s", by="recording")
    early = placed["began_s"].isna()
    if early.any():
        ahead = pd.merge_asof(
            ordered[early.to_numpy()], begins, on="onset_s", by="recording", direction="forward"
        )
        columns = ["began_s", "begin_s"]
        placed.loc[early.to_numpy(), columns] = ahead[columns].to_numpy()
    placed = placed.sort_values("index")
    return (placed["onset_s"] - placed["began_s"] + placed["begin_s"]).to_numpy()


def read_wavs(folder: Path, stories: Iterable[str], rate_hz: int) -> "pd.DataFrame":
    """Read where each audio file begins in its story: a row per file, story, wav and begin_s.

    Parameters: folder, of the tables of merge_audio; rate_hz, of the merged audio.
    """
    import pandas as pd

    tables = [read_table(folder / f"{story}.parquet").assign(story=story) for story in stories]
    wavs = pd.concat(tables, ignore_index=True)
    return wavs.assign(begin_s=wavs["first_sample"] / rate_hz)[["story", "wav", "begin_s"]]
