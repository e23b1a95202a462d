"""The leak proof finds what a careless split shares, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.segments.leaks import find_leaks
from speech_decoding.segments.windows import Window

WINDOW = Window(-0.5, 2.5, 120)
WAVS = pd.DataFrame({"wav": ["a.wav", "b.wav"], "duration_s": [30.0, 20.0]})
ONSETS = pd.DataFrame(
    {
        "recording": ["one", "one", "two", "two"],
        "wav": ["a.wav", "b.wav", "a.wav", "b.wav"],
        "onset_s": [10.0, 45.0, 17.5, 52.5],
    }
)


def segments(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Make segments from recording, split and the second at which the window begins."""
    table = pd.DataFrame(rows, columns=["recording", "split", "begin_s"])
    first_sample = (table["begin_s"] * 120).round().astype(int)
    return table.assign(first_sample=first_sample, onset_s=table["begin_s"] + 0.5)


def test_neighbouring_blocks_do_not_leak():
    proof = find_leaks(
        segments(("one", "train", 10.0), ("two", "test", 20.5), ("one", "train", 16.0)),
        ONSETS,
        WAVS,
        WINDOW,
    )
    assert proof["clean"] and proof["longest_overlap_s"] == 0
    assert proof["seconds"] == pytest.approx({"train": 6.0, "test": 3.0})


def test_another_listener_hearing_the_same_second_in_another_split_leaks():
    # second 4 of a.wav begins at 14.0 s for the first listener, at 21.5 s for the second
    proof = find_leaks(
        segments(("one", "train", 14.0), ("two", "test", 22.5)), ONSETS, WAVS, WINDOW
    )
    assert not proof["clean"]
    (leak,) = proof["overlaps"]
    assert leak["wav"] == "a.wav" and leak["splits"] == ["test", "train"]
    assert (leak["start_s"], leak["stop_s"]) == pytest.approx((5.0, 7.0))


def test_the_margin_of_a_window_counts():
    proof = find_leaks(
        segments(("one", "train", 14.0), ("one", "valid", 16.75)), ONSETS, WAVS, WINDOW
    )
    assert not proof["clean"]
    assert proof["longest_overlap_s"] == pytest.approx(0.25)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["one", "two"]),
            st.sampled_from(["train", "valid", "test"]),
            st.integers(0, 70 * 120),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_equals_counting_every_tick(rows):
    table = pd.DataFrame(rows, columns=["recording", "split", "first_sample"])
    proof = find_leaks(table, ONSETS, WAVS, WINDOW)
    ticks = {wav: {} for wav in WAVS["wav"]}
    for row in table.itertuples():
        for onset in ONSETS[ONSETS["recording"] == row.recording].itertuples():
            duration_s = WAVS.set_index("wav")["duration_s"][onset.wav]
            first = row.first_sample - round(onset.onset_s * 120)
            inside = np.arange(max(first, 0), min(first + 360, round(duration_s * 120)))
            ticks[onset.wav].setdefault(row.split, set()).update(inside)
    counted = {}
    for by_split in ticks.values():
        for split, own in by_split.items():
            counted[split] = counted.get(split, 0) + len(own) / 120
    assert {k: v for k, v in proof["seconds"].items() if v} == pytest.approx(
        {k: v for k, v in counted.items() if v}, abs=1e-6
    )
    shared = any(
        len(by_split[one] & by_split[other]) > 1
        for by_split in ticks.values()
        for one in by_split
        for other in by_split
        if one < other
    )
    assert proof["clean"] == (not shared)
