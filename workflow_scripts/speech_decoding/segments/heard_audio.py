"""Which stretch of audio was heard when, whoever heard it."""

from typing import TYPE_CHECKING

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
