"""The frame of every sample, against the definition written with torch's own interpolation."""

import numpy as np
import pandas as pd
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.segments.frames import find_frames
from speech_decoding.segments.windows import Window

WINDOW = Window(-0.5, 2.5, 120)


def by_definition(first_sample: int, onset_s: float, chunks: pd.DataFrame) -> np.ndarray:
    """Interpolate each chunk's frame numbers to its part of the window (REFERENCE 3.1)."""
    begin_s = first_sample / 120
    end_s = begin_s + 361 / 120
    values = np.full(361, -1.0)
    for row in chunks.itertuples():
        from_s = max(begin_s, onset_s + row.start_s)
        to_s = min(end_s, onset_s + row.stop_s)
        if from_s >= to_s:
            continue
        rate_hz = row.frame_count / (row.stop_s - row.start_s)
        first = min(round((from_s - onset_s - row.start_s) * rate_hz), row.frame_count - 1)
        count = max(round((to_s - onset_s - row.start_s) * rate_hz) - first, 1)
        begin, end = round((from_s - begin_s) * 120), round((to_s - begin_s) * 120)
        if begin == end:
            continue
        numbers = torch.arange(first, first + count, dtype=torch.float64)[None, None]
        nearest = torch.nn.functional.interpolate(numbers, size=end - begin, mode="nearest")
        values[begin:end] = row.first_frame + nearest[0, 0].numpy()
    return values


@settings(deadline=None, max_examples=60)
@given(
    lengths_s=st.lists(st.floats(0.2, 9), min_size=1, max_size=6),
    onset_s=st.floats(0, 4),
    places=st.lists(st.integers(0, 2400), min_size=1, max_size=8),
)
def test_equals_the_definition(lengths_s, onset_s, places):
    stop_s = np.cumsum(lengths_s)
    frame_count = [max(int(50 * length_s), 1) for length_s in lengths_s]
    chunks = pd.DataFrame(
        {
            "story": "a",
            "wav": "a.wav",
            "split": "train",
            "start_s": stop_s - lengths_s,
            "stop_s": stop_s,
            "first_frame": np.cumsum(frame_count) - frame_count,
            "frame_count": frame_count,
        }
    )
    onsets = pd.DataFrame({"recording": ["r"], "wav": ["a.wav"], "onset_s": [onset_s]})
    segments = pd.DataFrame({"recording": "r", "split": "train", "first_sample": places})
    pieces = find_frames(segments, onsets, chunks, WINDOW)
    found = pieces.frame_index(np.arange(len(places)), WINDOW)
    expected = np.stack([by_definition(place, onset_s, chunks) for place in places])
    # Torch multiplies in float32 and may differ by one frame where the ratio is a whole number.
    assert np.mean(found != expected) < 0.02
    assert np.abs(found - expected)[(found >= 0) & (expected >= 0)].max(initial=0) <= 1
    assert np.array_equal(found < 0, expected < 0)


def test_frames_of_another_split_are_never_taken():
    chunks = pd.DataFrame(
        {
            "story": "a",
            "wav": "a.wav",
            "split": ["train", "test"],
            "start_s": [0.0, 3.0],
            "stop_s": [3.0, 9.0],
            "first_frame": [0, 150],
            "frame_count": [150, 300],
        }
    )
    onsets = pd.DataFrame({"recording": ["r"], "wav": ["a.wav"], "onset_s": [0.0]})
    segments = pd.DataFrame(
        {"recording": "r", "split": ["train", "test", "valid"], "first_sample": 180}
    )
    pieces = find_frames(segments, onsets, chunks, WINDOW)
    train, test, valid = pieces.frame_index(np.arange(3), WINDOW)
    assert set(train) == {-1, *range(75, 150)}
    assert set(test) <= {-1, *range(150, 450)} and (test[:180] == -1).all()
    assert (valid == -1).all()
