"""The frames of every sample, against the definition and against the time of the frames."""

import numpy as np
import pandas as pd
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.dataset.frames import FramePieces, find_frames, find_positions
from speech_decoding.segments.windows import Window
from tests.dataset.frame_definition import by_definition

WINDOW = Window(-0.5, 2.5, 120)


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
    found = pieces.frame_index(torch.arange(len(places)), WINDOW).numpy()
    heard = chunks.assign(onset_s=onset_s)
    expected = np.stack([by_definition(place, heard) for place in places])
    assert np.array_equal(found, expected)


def test_every_number_of_frames_is_spread_as_torch_does():
    sample = torch.arange(361)
    for frame_count in range(1, 380):  # up to the 125 mel frames per second
        # [sizes, 1]: each number of samples is a row of its own
        sizes = torch.arange(1 + frame_count % 20, 362, 20)[:, None]
        zero = torch.zeros_like(sizes)
        pieces = FramePieces(zero, sizes, zero, torch.full_like(sizes, frame_count))
        found = pieces.frame_index(torch.arange(len(sizes)), WINDOW)
        numbers = torch.arange(frame_count, dtype=torch.float32)[None, None]
        for row, size in zip(found, sizes[:, 0].tolist(), strict=True):
            expected = torch.nn.functional.interpolate(numbers, size=size, mode="nearest")[0, 0]
            assert torch.equal(row[sample < size], expected.long())


def test_linear_interpolation_follows_time_whatever_the_window():
    """Frames whose value is the time that they stand for give the time of every sample."""
    step_s = np.array([0.02, 0.02, 0.008])
    count = np.array([148, 297, 376])
    start_s, stop_s = np.array([0.0, 2.97, 8.93]), np.array([2.97, 8.93, 11.93])
    chunks = pd.DataFrame(
        {
            "story": "a",
            "wav": "a.wav",
            "split": "train",
            "start_s": start_s,
            "stop_s": stop_s,
            "first_frame": np.cumsum(count) - count,
            "frame_count": count,
            "first_frame_s": start_s + 0.0125,
            "frame_step_s": step_s,
        }
    )
    onset_s = 0.7
    onsets = pd.DataFrame({"recording": ["r"], "wav": ["a.wav"], "onset_s": [onset_s]})
    places = np.arange(0, 1300, 7)
    segments = pd.DataFrame({"recording": "r", "split": "train", "first_sample": places})
    positions = find_positions(segments, onsets, chunks, WINDOW)
    before, after, share = positions.neighbours(torch.arange(len(places)), WINDOW)
    assert ((share >= 0) & (share < 1)).all()

    time_s = torch.from_numpy(
        np.concatenate(
            [
                row.first_frame_s + np.arange(row.frame_count) * row.frame_step_s
                for row in chunks.itertuples()
            ]
        )
    )
    found = time_s[before] + share.double() * (time_s[after] - time_s[before])
    expected = torch.from_numpy((places[:, None] + np.arange(361)) / 120 - onset_s)
    speech = before >= 0
    assert torch.equal(speech, after >= 0)
    # Between the last frame of a chunk and the first of the next the edge is held.
    edge = np.abs(expected.numpy()[..., None] - np.append(stop_s, 0.0)).min(axis=2) < 0.04
    inside = speech & ~torch.from_numpy(edge)
    assert inside.float().mean() > 0.8
    assert torch.allclose(found[inside], expected[inside], atol=1e-7)
    assert (found - expected)[speech].abs().max() < 0.04

    # The same sample in the next window, 7 samples later.
    assert torch.equal(speech[:-1, 7:], speech[1:, :-7])
    assert torch.allclose((found * speech)[:-1, 7:], (found * speech)[1:, :-7], atol=1e-7)


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
    train, test, valid = pieces.frame_index(torch.arange(3), WINDOW).numpy()
    assert set(train) == {-1, *range(75, 150)}
    assert set(test) <= {-1, *range(150, 450)} and (test[:180] == -1).all()
    assert (valid == -1).all()
