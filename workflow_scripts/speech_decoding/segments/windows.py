"""Windows: which stretches of a recording become segments, and which word each one stands for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# The word that names a segment is the one active this many samples after the window's time zero
# (protocol 8.1): a word that starts less than a sample too late still counts.
ANCHOR_DELAY = 2


@dataclass(frozen=True)
class Window:
    """A window around an onset: seconds relative to it, at a rate in Hz; both ends included."""

    start_s: float
    stop_s: float
    rate_hz: int

    @property
    def first_sample(self) -> int:
        """First sample relative to the onset's sample (-60 as published)."""
        return round(self.start_s * self.rate_hz)

    @property
    def sample_count(self) -> int:
        """Number of samples (361 as published)."""
        return round(self.stop_s * self.rate_hz) - self.first_sample + 1

    @property
    def baseline_count(self) -> int:
        """Samples up to and including the onset, the baseline (61 as published)."""
        return -self.first_sample + 1

    @property
    def half_sample_s(self) -> float:
        """By how much a window's end may pass the place in which it has to fit (protocol 2)."""
        return 0.5 / self.rate_hz

    @property
    def anchor_sample(self) -> int:
        """Sample of the window at which the word that names it is looked up (62 as published)."""
        return -self.first_sample + ANCHOR_DELAY


def find_segments(
    events: "pd.DataFrame",
    blocks: "pd.DataFrame",
    *,
    sample_count: int,
    window: Window,
    stride_s: float,
) -> "pd.DataFrame":
    """List the segments of one recording (protocol 2, "Segment enumeration").

    Training and validation segments lie on a grid of `stride_s`, test segments at word onsets; each
    lies inside the recording and inside one block, its window included. Its end counts as inside as
    long as that minus half a sample is.

    Parameters: events and blocks, the recording's tables (blocks with `split` and `block`);
    sample_count, length of the recording in samples at the window's rate.
    Returns: a row per segment in order of time: onset_s (of the window's time zero), first_sample
    (of the window, in the recording), split, block, and the word active just after the onset with
    its word_index, sequence_id and sequence_text (missing where nobody speaks).
    """
    import pandas as pd

    last_s = (sample_count - 1) / window.rate_hz
    words = events[events["kind"] == "word"]
    grid_s = np.arange(np.ceil(last_s / stride_s)) * stride_s
    onsets = {"test": words["start_s"].to_numpy(), "train": grid_s, "valid": grid_s}

    tables = []
    for row in blocks.itertuples():
        onset_s = onsets[row.split]
        begin_s = onset_s + window.start_s
        end_s = onset_s + window.stop_s - window.half_sample_s
        inside = (begin_s >= 0) & (end_s < last_s)
        inside &= (begin_s >= row.start_s) & (end_s < row.stop_s)
        kept = onset_s[inside]
        tables.append(pd.DataFrame({"onset_s": kept, "split": row.split, "block": row.block}))
    segments = pd.concat(tables, ignore_index=True).sort_values("onset_s", ignore_index=True)
    onset_sample = np.round(segments["onset_s"].to_numpy() * window.rate_hz).astype(np.int64)
    segments.insert(1, "first_sample", onset_sample + window.first_sample)
    segments = segments.drop_duplicates("first_sample", ignore_index=True)

    word = _active_word(words, segments["first_sample"].to_numpy(), window)
    columns = ["word", "word_index", "sequence_id", "sequence_text"]
    named = words[columns].iloc[word.clip(min=0)].reset_index(drop=True)
    return segments.join(named.where(pd.Series(word >= 0)))


def _active_word(words: "pd.DataFrame", first_sample: np.ndarray, window: Window) -> np.ndarray:
    """Find the word written at the anchor sample of each window, -1 for none.

    Each word fills the samples from its start to its end, both rounded within the window; where
    words overlap, the later one wins.
    """
    begin_s = first_sample / window.rate_hz  # [segments]
    start_s = words["start_s"].to_numpy()
    stop_s = start_s + words["duration_s"].to_numpy()
    # Only words that start at most this long before the anchor are looked at.
    candidates = np.searchsorted(start_s, begin_s + window.anchor_sample / window.rate_hz, "right")
    found = np.full(len(first_sample), -1)
    for back in range(_LOOK_BACK, -2, -1):
        index = candidates - 1 - back
        valid = (index >= 0) & (index < len(words))
        safe = index.clip(0, len(words) - 1)
        first = np.round((start_s[safe] - begin_s) * window.rate_hz)
        last = np.maximum(np.round((stop_s[safe] - begin_s) * window.rate_hz), first + 1)
        covers = valid & (first <= window.anchor_sample) & (window.anchor_sample < last)
        found[covers] = index[covers]
    return found


# A word is looked for among the eight that start before the anchor and the one after it.
_LOOK_BACK = 7
