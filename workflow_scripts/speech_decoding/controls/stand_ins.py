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
    rows = []
    for name in recordings["recording"]:
        start_s = by_recording[name]["start_s"].to_numpy()
        reach_s = np.maximum.accumulate(start_s + by_recording[name]["duration_s"].to_numpy())
        quiet_from_s = np.append(0.0, reach_s + _ECHO_S).clip(min=0)
        quiet_to_s = np.append(start_s, lengths[name] / window.rate_hz)
        # In whole samples from here on: windows that lie side by side in seconds may overlap.
        begins = np.ceil(np.round(quiet_from_s * window.rate_hz, 6)).astype(np.int64)
        ends = np.floor(np.round(quiet_to_s * window.rate_hz, 6)).astype(np.int64)
        ends = ends.clip(max=lengths[name])  # a word may be told of after the recording's end
        for begin, end in zip(begins, ends, strict=True):
            last = end - window.sample_count
            rows += [(name, first) for first in range(begin, last + 1, window.sample_count)]
    table = pd.DataFrame(rows, columns=["recording", "first_sample"])
    first = table["first_sample"].to_numpy(dtype=np.int64)
    onset_s = first / window.rate_hz - window.start_s
    return table.assign(onset_s=onset_s, first_sample=first, split=SILENT).merge(
        recordings, on="recording"
    )


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
