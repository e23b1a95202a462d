"""What is put in the place of the brain's response, to see whether it decodes as well.

Stretches of the same recordings are listed as further segments, so that they are cut, scaled and
clamped exactly as the others are.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

SHIFTED, SILENT = "shifted", "silent"
# A response to a word lasts no longer than this; later, the brain hears silence.
_ECHO_S = 0.5


def shift_segments(
    segments: "pd.DataFrame", lengths: Mapping[str, int], *, shift_s: float, window: Window
) -> "pd.DataFrame":
    """List segments once more, `shift_s` later in their recording.

    Parameters: segments, to be shifted; lengths, samples of each recording.
    Returns: a table like `segments`, with their row labels, without those that the recording does
    not hold, and with `shift_s`.
    """
    first = segments["first_sample"] + round(shift_s * window.rate_hz)
    inside = (first >= 0) & (first + window.sample_count <= segments["recording"].map(lengths))
    return segments.assign(first_sample=first, split=SHIFTED, shift_s=shift_s)[inside]


def find_silence(
    words: "pd.DataFrame", recordings: "pd.DataFrame", lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List windows in which nobody speaks, one after the other, in every recording.

    Parameters: words (recording, start_s, duration_s); recordings, a row per recording with what a
    segment repeats of it (recording, subject, story ...); lengths, samples of each recording.
    Returns: a segment per window (onset_s, first_sample, split and the columns of `recordings`).
    """
    import pandas as pd

    by_recording = dict(tuple(words.groupby("recording")))
    length_s = window.sample_count / window.rate_hz
    rows = []
    for name in recordings["recording"]:
        start_s = by_recording[name]["start_s"].to_numpy()
        reach_s = np.maximum.accumulate(start_s + by_recording[name]["duration_s"].to_numpy())
        quiet_from_s = np.append(0.0, reach_s + _ECHO_S).clip(min=0)
        quiet_to_s = np.append(start_s, lengths[name] / window.rate_hz)
        for begin_s, end_s in zip(quiet_from_s, quiet_to_s, strict=True):
            count = max(int((end_s - begin_s) / length_s), 0)
            rows += [(name, begin_s + number * length_s) for number in range(count)]
    table = pd.DataFrame(rows, columns=["recording", "begin_s"])
    first = np.ceil(table["begin_s"].to_numpy(dtype=float) * window.rate_hz).astype(np.int64)
    length = table["recording"].map(lengths).to_numpy(dtype=float)
    table = table.assign(
        onset_s=table["begin_s"] - window.start_s, first_sample=first, split=SILENT
    )[first + window.sample_count <= length]
    return table.drop(columns="begin_s").merge(recordings, on="recording")


def pair_with_silence(recording: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Give each segment a silent window of its recording, in turn.

    Parameters: recording [segments] and silent [windows], the recordings' names.
    Returns: positions of windows [segments], -1 where the recording has none.
    """
    pairs = np.full(len(recording), -1)
    for name in np.unique(recording):
        own, quiet = np.flatnonzero(recording == name), np.flatnonzero(silent == name)
        if len(quiet):
            pairs[own] = quiet[np.arange(len(own)) % len(quiet)]
    return pairs
