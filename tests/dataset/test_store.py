"""Segments cut by indexing, against the published steps written one by one."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from plumbing.errors import InputError
from plumbing.results import FRAME_TIMES, FRAMES, Results
from speech_decoding.dataset.loading import load_embedding
from speech_decoding.dataset.store import Embedding, SegmentStore, StudyTables
from speech_decoding.segments.cutting import cut_recording
from speech_decoding.segments.scaling import fit_scaler
from speech_decoding.segments.windows import Window

WINDOW = Window(-0.5, 2.5, 120)


@pytest.fixture
def study():
    """Two listeners with different numbers of sensors hear one wav of two chunks."""
    random = np.random.default_rng(3)
    signals = {
        "a": random.standard_normal((2000, 5)).astype(np.float32),
        "b": (random.standard_normal((1900, 4)) * 50 + 7).astype(np.float32),
    }
    segments = pd.DataFrame(
        {
            "recording": ["a", "a", "a", "b", "b"],
            "subject": ["2", "2", "2", "1", "1"],
            "story": "s",
            "split": ["train", "train", "test", "train", "test"],
            "first_sample": [0, 300, 1400, 120, 1500],
            "word": ["x", "y", "z", None, "z"],
            "word_index": pd.array([0, 1, 2, None, 2], dtype="Int64"),
            "sequence_text": ["x y z"] * 3 + [None, "x y z"],
        }
    )
    words = pd.DataFrame(
        {
            "recording": ["a", "a", "b", "b"],
            "start_s": [0.25, 3.0, 1.5, 2.0],
            "duration_s": [0.5, 1.0, 0.25, 0.75],
        }
    )
    onsets = pd.DataFrame({"recording": ["a", "b"], "wav": ["s.wav"] * 2, "onset_s": [0.1, 0.9]})
    chunks = pd.DataFrame(
        {
            "story": "s",
            "wav": "s.wav",
            "split": ["train", "test"],
            "start_s": [0.0, 11.0],
            "stop_s": [11.0, 16.0],
            "first_frame": [0, 550],
            "frame_count": [550, 250],
        }
    )
    scalers = []
    for name, signal in signals.items():
        first = segments.query(f"recording == '{name}' and split == 'train'")["first_sample"]
        center, scale = fit_scaler(signal, first.to_numpy(), WINDOW)
        sensors = pd.DataFrame({"recording": name, "name": range(len(center))})
        place = np.linspace(0, 1, len(center))
        scalers.append(sensors.assign(x=place, y=1 - place, center=center, scale=scale))
    tables = StudyTables(segments, words, onsets, pd.concat(scalers, ignore_index=True))
    frames = random.standard_normal((800, 6)).astype(np.float32) * 3 + 1
    return tables, signals, Embedding(frames, chunks, silence=-5.0)


def open_store(study, **settings):
    tables, signals, embedding = study
    settings = {"window": WINDOW, "delay_s": 0.15, "clamp": 20.0} | settings
    return SegmentStore(tables, signals, embedding, **settings)


def test_brain_windows(study):
    tables, signals, _ = study
    store = open_store(study, clamp=1.5)
    brain = store.brain(torch.arange(5)).numpy()
    assert brain.shape == (5, 5, 343)
    for row, segment in enumerate(tables.segments.itertuples()):
        signal = signals[segment.recording]
        window = signal[segment.first_sample : segment.first_sample + 361].T.astype(np.float64)
        window -= window[:, :61].mean(axis=1, keepdims=True)
        scaler = tables.scalers[tables.scalers["recording"] == segment.recording]
        window -= scaler[["center"]].to_numpy()
        window /= scaler[["scale"]].to_numpy()
        expected = np.clip(window, -1.5, 1.5)[:, 18:]
        assert np.allclose(brain[row, : len(expected)], expected, atol=1e-5)
        assert (brain[row, len(expected) :] == 0).all()


def test_the_scaler_takes_elements_and_does_not_interpolate(study):
    signal = study[1]["a"]
    center, scale = fit_scaler(signal, np.array([0, 300]), WINDOW)
    for sensor in range(5):
        values = np.stack([signal[first : first + 361, sensor] for first in (0, 300)])
        values = np.sort((values - values[:, :61].mean(axis=1, keepdims=True)).ravel())
        assert center[sensor] == pytest.approx(values[361], abs=1e-6)
        assert scale[sensor] == pytest.approx(values[541] - values[180], abs=1e-6)


def test_a_flat_sensor_keeps_scale_one():
    center, scale = fit_scaler(np.full((500, 2), 3.0, np.float32), np.array([0, 100]), WINDOW)
    assert (center == 0).all() and (scale == 1).all()


def test_speech_is_standardised_inside_words_and_silent_where_nobody_speaks(study):
    tables, _, embedding = study
    store = open_store(study)
    speech = store.speech(torch.arange(5)).numpy()
    assert speech.shape == (5, 6, 343)

    frame = store._pieces.frame_index(torch.arange(5), WINDOW)
    inside = []
    for row, segment in enumerate(tables.segments.itertuples()):
        if segment.split != "train":
            continue
        own = tables.words[tables.words["recording"] == segment.recording]
        for sample in range(361):
            time = segment.first_sample + sample
            start = np.round(own["start_s"] * 120)
            stop = np.round((own["start_s"] + own["duration_s"]) * 120)
            if ((start <= time) & (time < stop)).any():
                inside.append(int(frame[row, sample]))
    values = embedding.frames[inside].astype(np.float64)
    assert store.embedding_mean == pytest.approx(values.mean(), abs=1e-6)
    assert store.embedding_std == pytest.approx(values.std(), abs=1e-6)

    silent = (-5.0 - store.embedding_mean) / store.embedding_std
    assert np.allclose(speech[0, :, :12], silent)  # 0.1 s before the wav begins
    first = (embedding.frames[0] - store.embedding_mean) / store.embedding_std
    assert np.allclose(speech[0, :, 12], first, atol=1e-5)


def test_words_heard_before_the_recording_count_from_its_start(study):
    tables, signals, embedding = study
    scales = []
    for start_s, duration_s in (([-1.0, -0.2], [0.5, 0.45]), ([0.0, 0.0], [0.0, 0.25])):
        early = pd.DataFrame({"recording": "a", "start_s": start_s, "duration_s": duration_s})
        words = pd.concat([early, tables.words], ignore_index=True)
        store = open_store((dataclasses.replace(tables, words=words), signals, embedding))
        scales.append((store.embedding_mean, store.embedding_std))
    assert scales[0] == scales[1]
    assert scales[0][0] != open_store(study).embedding_mean


def test_subjects_are_numbered_in_order(study):
    store = open_store(study)
    assert store.subjects == ["1", "2"]
    assert store.subject_index.tolist() == [1, 1, 1, 0, 0]


def test_a_segment_is_its_audio_and_not_its_word(study):
    """The first wav begins at 0.1 s for one listener, at 0.9 s for the other: 96 samples later."""
    tables, signals, embedding = study
    first_sample = {"a": [0, 60, 300, 1400, 1404], "b": [96, 156, 396, 1496, 1497]}
    segments = pd.concat(
        [
            pd.DataFrame({"recording": name, "first_sample": first})
            for name, first in first_sample.items()
        ],
        ignore_index=True,
    ).assign(subject="1", story="s", split="train", sequence_text=None)
    # Nobody speaks in the first three; the last two windows are on one word.
    segments["word_index"] = pd.array([None, None, None, 4, 4] * 2, dtype="Int64")
    tables = dataclasses.replace(tables, segments=segments)
    index = open_store((tables, signals, embedding)).segment_index.tolist()
    assert index[:4] == index[5:9]  # the same audio, heard by both
    assert len(set(index)) == 6  # all else is different audio, without a word or with the same


def test_no_delay_and_no_clamp(study):
    store = open_store(study, delay_s=0.0, clamp=None)
    assert store.brain(torch.tensor([0])).shape[-1] == 361
    assert store.brain(torch.arange(5)).abs().max() > 1.5


@pytest.mark.parametrize("heard", ["no words", "always the same"])
def test_an_embedding_without_a_scale_is_a_sentence(study, heard):
    tables, signals, embedding = study
    if heard == "no words":
        tables = dataclasses.replace(tables, words=tables.words.assign(duration_s=0.0))
    else:
        embedding = dataclasses.replace(embedding, frames=np.ones_like(embedding.frames))
    with pytest.raises(InputError, match=r"the speech embedding: .* its scale cannot be measured"):
        open_store((tables, signals, embedding))


def test_an_embedding_that_is_not_finite_is_named(study, tmp_path):
    _, _, embedding = study
    embedding.frames[5, 3] = np.nan
    results = Results(tmp_path, embedding="heard", story="s")
    results.write(FRAMES, embedding.frames)
    results.write(FRAME_TIMES, embedding.chunks)
    with pytest.raises(InputError, match=r"s\.npy: .* found 1 that are not"):
        load_embedding(results, ["s"])


def test_a_signal_that_is_not_finite_is_named_before_anything_is_fitted(study):
    tables, signals, _ = study
    signals["a"][700, 2] = np.inf
    blocks = pd.DataFrame({"start_s": [0.0], "stop_s": [np.inf], "block": [0], "split": ["train"]})
    with pytest.raises(InputError, match=r"recording a: .* others at the sensor 2"):
        cut_recording(
            "a",
            signals["a"],
            tables.scalers.query("recording == 'a'")[["name", "x", "y"]],
            tables.words.assign(kind="word"),
            blocks,
            rate_hz=120,
            start_s=-0.5,
            stop_s=2.5,
            stride_s=0.5,
            scaler_segments=200,
        )


def test_a_delay_is_as_many_samples_as_it_says(study):
    tables, signals, embedding = study
    for delay_s, samples in ((0.29, 29), (0.57, 57), (0.15, 15), (0.156, 15)):
        store = SegmentStore(
            tables, signals, embedding, window=Window(-0.5, 2.5, 100), delay_s=delay_s, clamp=None
        )
        assert store.delay == samples


@pytest.mark.parametrize("first_sample", [-1, 1900 - 360])
def test_a_window_outside_its_recording_is_a_sentence(study, first_sample):
    tables, signals, embedding = study
    tables.segments.loc[3, "first_sample"] = first_sample
    with pytest.raises(InputError, match=rf"segments of b: .* begins at sample {first_sample}"):
        open_store((tables, signals, embedding))
