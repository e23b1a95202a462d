"""Brain signals of the same recording, but without speech."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance
from speech_decoding.controls.examiner import Examiner
from speech_decoding.dataset.store import StudyTables
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

ORDER = 100
TITLE = "Brain signals recorded during silence"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the recording identifies the segment even without a response to speech"

# The response to a word is over this long after its end.
_ECHO_S = 0.5


def further_segments(
    tables: StudyTables, lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List the silent windows of all recordings."""
    recordings = tables.segments[["recording", "subject", "story"]].drop_duplicates()
    return find_silence(tables.words, recordings, lengths, window)


def measure(examiner: Examiner) -> dict[str, Any] | None:
    """Compare as `comparison.compare`; None if no recording contains a silent window."""
    silent = examiner.store.rows("silence")
    recordings = examiner.segments["recording"].to_numpy()
    pairs = pair_with_silence(recordings[examiner.rows[examiner.drawn]], recordings[silent])
    if (pairs < 0).all():
        return None
    return examiner.compare(examiner.drawn[pairs >= 0], silent[pairs[pairs >= 0]])


def find_silence(
    words: "pd.DataFrame", recordings: "pd.DataFrame", lengths: Mapping[str, int], window: Window
) -> "pd.DataFrame":
    """List the consecutive windows without speech in every recording.

    Parameters: words (recording, start_s, duration_s); recordings, a row per recording with the
    columns of segments that describe it (recording, subject, story ...); lengths, samples of each
    recording.
    Returns: a segment per window (onset_s, first_sample and the columns of `recordings`).
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
        ends = ends.clip(max=lengths[name])  # words may be listed after the recording's end
        for begin, end in zip(begins, ends, strict=True):
            last = end - window.sample_count
            rows += [(name, first) for first in range(begin, last + 1, window.sample_count)]
    table = pd.DataFrame(rows, columns=["recording", "first_sample"])
    # Also where there is none, so that it can be put together with other segments.
    table = table.astype({"recording": recordings["recording"].dtype})
    first = table["first_sample"].to_numpy(dtype=np.int64)
    onset_s = first / window.rate_hz - window.start_s
    return table.assign(onset_s=onset_s, first_sample=first).merge(recordings, on="recording")


def pair_with_silence(recording: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Give each segment a silent window of its recording, in turn.

    Parameters: recording [segments] and silent [windows], the recordings' names.
    Returns: positions of windows [segments], -1 where the recording has none.
    """
    pairs = np.full(len(recording), -1)
    for name in np.unique(recording):
        segments, quiet = np.flatnonzero(recording == name), np.flatnonzero(silent == name)
        if len(quiet):
            pairs[segments] = quiet[np.arange(len(segments)) % len(quiet)]
    return pairs
