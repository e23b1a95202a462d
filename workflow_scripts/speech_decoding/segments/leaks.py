"""The proof that no stretch of audio is in two splits, made from the segments themselves.

It uses nothing of what assigned them: whoever heard it, and in whichever session, each segment
covers a stretch of a wav file, its window's margins included, and stretches of two splits must not
overlap.
"""

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

# A window may pass the end of its block by half a sample (protocol 2); that window and the first
# one of the next block each lie up to half a sample from where their onsets put them.
_ALLOWED_SAMPLES = 1.5


def find_leaks(
    segments: "pd.DataFrame", wav_onsets: "pd.DataFrame", wavs: "pd.DataFrame", window: Window
) -> dict[str, Any]:
    """Measure how much audio any two splits share, over all recordings of a study.

    Parameters: segments (recording, split, first_sample), wav_onsets (recording, wav, onset_s),
    wavs (wav, duration_s), the tables of the stages before; window, of the segments.
    Returns: `clean`, whether no overlap lasts longer than neighbouring blocks allow; for it,
    `longest_overlap_s`; `seconds`, of audio in each split; `overlaps`, a list of wav, splits,
    start_s and stop_s of every longer overlap.
    """
    heard = segments[["recording", "split", "first_sample"]].merge(
        wav_onsets[["recording", "wav", "onset_s"]], on="recording"
    )
    heard = heard.merge(wavs[["wav", "duration_s"]], on="wav")
    start_s = heard["first_sample"] / window.rate_hz - heard["onset_s"]
    stop_s = start_s + (window.sample_count - 1) / window.rate_hz
    heard = heard.assign(
        start_s=start_s.clip(lower=0), stop_s=np.minimum(stop_s, heard["duration_s"])
    )
    heard = heard[heard["stop_s"] > heard["start_s"]]

    seconds: dict[str, float] = {}
    longest_s, overlaps = 0.0, []
    for wav, rows in heard.groupby("wav"):
        spans = {split: _union(part) for split, part in rows.groupby("split")}
        for split, own in spans.items():
            seconds[split] = seconds.get(split, 0.0) + float((own[:, 1] - own[:, 0]).sum())
        for one, other in combinations(sorted(spans), 2):
            for start, stop in _intersection(spans[one], spans[other]):
                longest_s = max(longest_s, stop - start)
                if stop - start > _ALLOWED_SAMPLES / window.rate_hz:
                    overlaps.append(
                        {"wav": wav, "splits": [one, other], "start_s": start, "stop_s": stop}
                    )
    return {
        "clean": not overlaps,
        "longest_overlap_s": longest_s,
        "seconds": seconds,
        "overlaps": overlaps,
    }


def _union(stretches: "pd.DataFrame") -> np.ndarray:
    """Join stretches that touch: float64 [stretches, 2], sorted, start and stop in seconds."""
    ordered = stretches[["start_s", "stop_s"]].sort_values("start_s").to_numpy()
    reach = np.maximum.accumulate(ordered[:, 1])
    opens = np.append(True, ordered[1:, 0] > reach[:-1])
    closes = np.append(opens[1:], True)
    return np.column_stack([ordered[opens, 0], reach[closes]])


def _intersection(one: np.ndarray, other: np.ndarray) -> list[tuple[float, float]]:
    """Give what two sorted sets of stretches share."""
    start = np.maximum(one[:, None, 0], other[None, :, 0])
    stop = np.minimum(one[:, None, 1], other[None, :, 1])
    shared = stop > start
    return [(float(a), float(b)) for a, b in zip(start[shared], stop[shared], strict=True)]
