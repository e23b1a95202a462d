"""What takes the brain's place: it is of the same recordings, and holds no response."""

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speech_decoding.controls.at_test.silence import find_silence, pair_with_silence
from speech_decoding.controls.shifting import shift_segments
from speech_decoding.segments.windows import Window

WINDOW = Window(-0.5, 2.5, 120)


def test_shifted_segments_stay_in_their_recording():
    segments = pd.DataFrame(
        {"recording": ["a", "a", "b"], "first_sample": [0, 700, 0], "split": "test"},
        index=[4, 5, 9],
    )
    lengths = {"a": 1361, "b": 600}
    later = shift_segments(segments, lengths, shift_s=2.5, window=WINDOW)
    assert later.index.tolist() == [4, 5] and later["first_sample"].tolist() == [300, 1000]
    assert set(later["shift_s"]) == {2.5}
    earlier = shift_segments(segments, lengths, shift_s=-2.5, window=WINDOW)
    assert earlier.index.tolist() == [5]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-5, 40), st.integers(1, 8)), min_size=1, max_size=6),
    st.integers(300, 6000),
)
@example([(4, 2)], 4571)  # where sums of seconds overlap by a sample
def test_nobody_speaks_in_silence(spoken, length):
    starts = sorted(spoken)
    words = pd.DataFrame(
        {
            "recording": "a",
            "start_s": [start for start, _ in starts],
            "duration_s": [float(duration) / 4 for _, duration in starts],
        }
    )
    recordings = pd.DataFrame({"recording": ["a"], "subject": "1", "story": "s"})
    silent = find_silence(words, recordings, {"a": length}, WINDOW)
    heard = np.zeros(length + 10000, bool)  # by sample, an echo after each word included
    for word in words.itertuples():
        first, last = (
            max(round(120 * edge), 0)
            for edge in (word.start_s, word.start_s + word.duration_s + 0.5)
        )
        heard[first:last] = True
    free = ~heard[:length]
    taken = np.zeros(length, int)
    for first in silent["first_sample"]:
        assert free[first : first + 361].all() and first + 361 <= length
        taken[first : first + 361] += 1
    assert taken.max(initial=0) <= 1
    # and no stretch of two windows is left unused
    run = 0
    for sample in range(length):
        run = run + 1 if free[sample] and not taken[sample] else 0
        assert run < 2 * 361
    assert np.allclose(silent["onset_s"] * 120 - 60, silent["first_sample"])


def test_each_segment_gets_silence_of_its_own_recording():
    pairs = pair_with_silence(np.array(list("aabca")), np.array(list("baa")))
    assert pairs.tolist() == [1, 2, 0, -1, 1]


def test_no_silence_is_a_table_like_any_other():
    """A listener who never hears three seconds of silence has all other controls."""
    words = pd.DataFrame({"recording": "a", "start_s": [0.0, 1.0, 2.0], "duration_s": 0.9})
    recordings = pd.DataFrame({"recording": ["a"], "subject": "1", "story": "s"})
    none = find_silence(words, recordings, {"a": 400}, WINDOW)
    some = find_silence(words, recordings, {"a": 4000}, WINDOW)
    assert none.empty and not some.empty
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)
    assert pd.concat([none, some]).dtypes["recording"] == recordings.dtypes["recording"]
