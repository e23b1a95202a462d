"""Which windows become segments, against the definition and the published counts."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.segments.leaks import find_leaks
from speech_decoding.segments.splits import split_recording
from speech_decoding.segments.windows import Window, find_segments
from speech_decoding.studies import open_study
from speech_decoding.studies.brennan_trials import read_trials
from tests import realdata

WINDOW = Window(-0.5, 2.5, 120)
CONFIG = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))


def spoken(start_s: np.ndarray) -> pd.DataFrame:
    """Make an event table of words of 0.25 s, in sentences of eight words."""
    number = np.arange(len(start_s))
    sentence = number // 8
    return pd.DataFrame(
        {
            "start_s": start_s,
            "duration_s": 0.25,
            "kind": "word",
            "word": [f"word{one}" for one in number],
            "word_index": number % 8,
            "sequence_id": sentence.astype(str),
            "sequence_text": [f"sentence {one}" for one in sentence],
            "condition": "sentence",
        }
    )


def one_block(stop_s: float, split: str = "train") -> pd.DataFrame:
    return pd.DataFrame({"start_s": [0.0], "stop_s": [stop_s], "block": [0], "split": [split]})


@pytest.mark.parametrize(("past_samples", "count"), [(-0.51, 1), (-0.49, 2), (0.49, 2)])
def test_a_window_ends_at_most_half_a_sample_after_its_block(past_samples, count):
    # The windows around 0.5 and 1.0 s end at 3.0 and 3.5 s.
    blocks = one_block(3.5 + past_samples / 120)
    found = find_segments(
        spoken(np.array([0.5])), blocks, sample_count=1200, window=WINDOW, stride_s=0.5
    )
    assert list(found["onset_s"]) == [0.5, 1.0][:count]


@pytest.mark.parametrize(("sample_count", "count"), [(420, 1), (421, 2)])
def test_the_last_sample_of_a_window_is_one_of_the_recording(sample_count, count):
    # The window around 1.0 s holds the samples 60 to 420, the second half second begins at 60.
    found = find_segments(
        spoken(np.array([0.5])),
        one_block(np.inf),
        sample_count=sample_count,
        window=WINDOW,
        stride_s=0.5,
    )
    assert len(found) == count


# In eighths of a sample, up to one sample before and after.
NEAR = st.integers(-8, 8).map(lambda eighths: eighths / 960)


@settings(deadline=None, max_examples=100)
@given(st.permutations(["train", "test"]), NEAR, NEAR, NEAR.map(abs), st.sampled_from([0.5, 0.33]))
def test_windows_stay_in_their_recording_and_share_no_more_than_rounding(
    splits, border_s, before_s, after_s, stride_s
):
    """Where the words and the border of two blocks lie between samples, and a recording ends."""
    border_s += 10.0
    # The windows of these two end and begin at the border.
    events = spoken(np.array([border_s - 2.5 + before_s, border_s + 0.5 + after_s]))
    blocks = pd.DataFrame(
        {"start_s": [0.0, border_s], "stop_s": [border_s, np.inf], "block": [0, 1], "split": splits}
    )
    end = int(round((border_s + 3.0 + after_s) * WINDOW.rate_hz, 6))
    for sample_count in (end - 1, end, end + 1, end + 2):
        found = find_segments(
            events, blocks, sample_count=sample_count, window=WINDOW, stride_s=stride_s
        )
        assert (found["first_sample"] >= 0).all()
        assert (found["first_sample"] + WINDOW.sample_count <= sample_count).all()
    onsets = pd.DataFrame({"recording": ["a"], "wav": ["a.wav"], "onset_s": [0.0]})
    wavs = pd.DataFrame({"wav": ["a.wav"], "duration_s": [100.0]})
    assert find_leaks(found.assign(recording="a"), onsets, wavs, WINDOW)["clean"]


@realdata.needed
def test_counts_of_the_published_segments(tmp_path):
    """The official counts: words at begin/500, recordings of 10 s after the last word's end."""
    source = realdata.FOLDER / "brennan"
    words = source / "AliceChapterOne-EEG.csv"
    (tmp_path / words.name).write_bytes(words.read_bytes())
    with zipfile.ZipFile(source / "proc.zip") as archive:
        archive.extractall(tmp_path)
    layout = CONFIG["studies"]["brennan"]["layout"] | {"alignment": "published"}
    study = open_study("brennan", tmp_path, layout | {"subject_set": "published"})
    counts = {"train": 0, "valid": 0, "test": 0}
    found = {split: set() for split in counts}
    for recording in study.recordings():
        events = study.load_events(recording)
        trials = read_trials(tmp_path / "proc" / f"{recording.subject}.mat")
        events.loc[events["kind"] == "word", "start_s"] = trials["begin"].to_numpy() / 500
        blocks = split_recording(events, **CONFIG["splits"])
        end_s = (events["start_s"] + events["duration_s"])[events["kind"] == "word"].max()
        segments = find_segments(
            events, blocks, sample_count=int((end_s + 10) * 120), window=WINDOW, stride_s=0.5
        )
        for split, rows in segments.groupby("split"):
            counts[split] += len(rows)
            # All windows without a word are one anchor, as in the official table.
            found[split] |= set(
                zip(rows["word_index"].fillna(-1), rows["sequence_text"].fillna(""), strict=True)
            )
    assert counts == {"train": 26_599, "valid": 6_154, "test": 6_265}
    assert (len(found["train"]), len(found["test"])) == (1_211, 190)
