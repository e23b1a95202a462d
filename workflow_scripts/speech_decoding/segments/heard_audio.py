"""Which stretch of audio was heard when, and where it lies in its story, whoever heard it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from plumbing.results import WAVS, Results

if TYPE_CHECKING:
    import pandas as pd


def place_in_audio(times: "pd.DataFrame", wav_onsets: "pd.DataFrame") -> "pd.DataFrame":
    """Find the audio file that began last before each time of a recording.

    Parameters: times (recording, onset_s), in any order; wav_onsets (recording, wav, onset_s), when
    each file began. All are seconds of the recording.
    Returns: a row per time, in their order: wav, and passed_s, the seconds since it began; before
    the first file of a recording that one, and a negative number; missing in a recording without.
    """
    import pandas as pd

    ordered = times[["recording", "onset_s"]].reset_index(drop=True).reset_index()
    ordered = ordered.sort_values("onset_s")
    began = wav_onsets[["recording", "wav", "onset_s"]].assign(began_s=wav_onsets["onset_s"])
    began = began.sort_values("onset_s")
    placed = pd.merge_asof(ordered, began, on="onset_s", by="recording")
    early = placed["began_s"].isna().to_numpy()
    if early.any():
        ahead = pd.merge_asof(
            ordered[early], began, on="onset_s", by="recording", direction="forward"
        )
        placed = pd.concat([placed[~early], ahead])
    placed["passed_s"] = placed["onset_s"] - placed["began_s"]
    return placed.sort_values("index", ignore_index=True)[["wav", "passed_s"]]


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


def read_wavs(results: Results, stories: Iterable[str], rate_hz: int) -> "pd.DataFrame":
    """Read where each audio file begins in its story: a row per file, story, wav and begin_s.

    Parameters: rate_hz, of the merged audio.
    """
    import pandas as pd

    tables = [results.read(WAVS, story=story).assign(story=story) for story in stories]
    wavs = pd.concat(tables, ignore_index=True)
    return wavs.assign(begin_s=wavs["first_sample"] / rate_hz)[["story", "wav", "begin_s"]]
