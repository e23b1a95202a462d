import numpy as np
import pandas as pd
import pytest

from plumbing.results import WAVS, Results
from speech_decoding.segments.heard_audio import place_in_story, read_wavs


def test_listeners_hear_the_same_place_at_other_times():
    segments = pd.DataFrame(
        {
            "recording": ["b", "a", "a", "b", "a"],
            "onset_s": [112.5, 12.5, 45.0, 151.0, 9.0],
        }
    )
    onsets = pd.DataFrame(
        {
            "recording": ["a", "a", "b", "b"],
            "wav": ["x", "y", "x", "y"],
            "onset_s": [10.0, 40.0, 110.0, 146.0],
        }
    )
    wavs = pd.DataFrame({"wav": ["x", "y"], "begin_s": [0.0, 25.0]})
    # 2.5 s into x for both; 5 s into y, which begins after 25 s of x; before anything is heard
    assert place_in_story(segments, onsets, wavs) == pytest.approx([2.5, 2.5, 30.0, 30.0, -1.0])


def test_wavs_begin_where_they_were_merged(tmp_path):
    table = pd.DataFrame({"wav": ["x", "y"], "first_sample": [0, 800]})
    results = Results(tmp_path)
    results.write(WAVS, table, story="s")
    wavs = read_wavs(results, ["s"], 100)
    assert wavs.to_dict("list") == {"story": ["s", "s"], "wav": ["x", "y"], "begin_s": [0.0, 8.0]}
    assert np.issubdtype(wavs["begin_s"].dtype, np.floating)
