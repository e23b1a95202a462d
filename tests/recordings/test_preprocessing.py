"""Preprocessing: the published steps alone unless more is asked for, and what its quality is."""

import json
import sys
from importlib import import_module

import mne
import numpy as np
import pytest

from plumbing.command import run
from plumbing.errors import InputError
from plumbing.results import CHECK, SIGNAL, Results
from speech_decoding.recordings.cleaning import Cleaning, clean
from speech_decoding.recordings.preprocessing import (
    preprocess,
    resample_recording,
)
from speech_decoding.recordings.quality import measure_clamped_share, measure_spectrum
from speech_decoding.studies import StoredIca
from tests.recordings.definition import by_definition
from tests.studies.small_study import SmallStudy

PAPER = {
    "rereference": None,
    "ica": False,
    "interpolate_bad": False,
    "notch": None,
    "band_pass_hz": None,
}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> SmallStudy:
    return SmallStudy.simulate(tmp_path_factory.mktemp("small"))


def record_eeg(data: np.ndarray, rate_hz: float = 500) -> mne.io.RawArray:
    """Make a recording of the electrodes 1, 2, ... of a cap, the last one bad."""
    names = [str(index + 1) for index in range(len(data))]
    raw = mne.io.RawArray(data, mne.create_info(names, rate_hz, "eeg"), verbose="error")
    raw.info["bads"] = names[-1:]
    return raw.set_montage("easycap-M10")


def noise(sensors: int = 8, samples: int = 5000) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(sensors, samples))


def cleaned(
    data: np.ndarray, *, stored_ica=None, reference=None, line_hz=None, **options
) -> np.ndarray:
    raw = clean(
        record_eeg(data.copy()),
        Cleaning(**options),
        stored_ica=stored_ica,
        reference_electrode=reference,
        line_hz=line_hz,
        rate_hz=120,
    )
    assert raw.ch_names == record_eeg(data).ch_names
    return raw.get_data()


# ------------------------------------------------------------------------------ the paper's steps


def test_the_signal_is_the_windowed_sinc_of_the_recording(small):
    result = preprocess(small.reader, small.recording, usable=True, bad_channels=[], rate_hz=120)
    raw = small.reader.load_raw(small.recording)
    data = raw.get_data(picks=[0, 100, 207])
    spread = data.std(axis=1, keepdims=True)
    expected = by_definition(data / spread, 1000, 120)
    assert result.signal.shape == (raw.n_times * 120 // 1000, 208)
    assert np.abs(result.signal[:, [0, 100, 207]].T / spread - expected).max() < 1e-5
    assert list(result.sensors["name"]) == raw.ch_names


def test_bad_channels_change_nothing_unless_asked(small):
    named = {"bad_channels": ["MEG 002", "MEG 077"], "rate_hz": 120, "usable": True}
    plain = preprocess(small.reader, small.recording, **named | {"bad_channels": []})
    paper = preprocess(small.reader, small.recording, **named, **PAPER)
    assert np.array_equal(plain.signal, paper.signal)
    assert plain.sensors.equals(paper.sensors)
    assert paper.sensors["x"].min() == 0  # a bad sensor has its place
    assert paper.quality.bad_channels == ["MEG 002", "MEG 077"]
    repaired = preprocess(small.reader, small.recording, **named, interpolate_bad=True)
    changed = np.abs(repaired.signal - plain.signal).max(axis=0) > 0
    assert list(plain.sensors["name"][changed]) == ["MEG 002", "MEG 077"]


def test_a_recording_that_is_not_used_is_empty(small):
    result = preprocess(small.reader, small.recording, usable=False, bad_channels=[], rate_hz=120)
    assert result.signal.shape == (0, 0)
    assert len(result.sensors) == len(result.events) == 0
    assert result.quality is None


def test_up_sampling_is_refused():
    with pytest.raises(InputError, match="at least 600, found 500 Hz"):
        resample_recording(record_eeg(noise()), rate_hz=600)


# ------------------------------------------------------------------------------ options


def test_band_pass_keeps_what_lies_inside():
    time_s = np.arange(10_000) / 500
    inside, below, above = (np.sin(2 * np.pi * hz * time_s) for hz in (10, 0.1, 90))
    data = np.array([inside + below + above] * 3)
    result = cleaned(data, band_pass_hz=[1, 60])[0]
    assert np.abs(result - inside)[2000:-2000].max() < 0.05


@pytest.mark.parametrize(("notch", "line_hz"), [("auto", 50.0), ([50.0], None)])
def test_notch_removes_the_line_alone(notch, line_hz):
    time_s = np.arange(30_000) / 500
    line = np.sin(2 * np.pi * 50 * time_s)
    kept = np.sin(2 * np.pi * 45 * time_s) + np.sin(2 * np.pi * 20 * time_s)
    result = cleaned(np.array([kept + line] * 3), notch=notch, line_hz=line_hz)[0]
    assert np.abs(result - kept)[6000:-6000].max() < 0.05


def test_notch_auto_does_nothing_without_a_line():
    data = noise()
    assert np.array_equal(cleaned(data, notch="auto", line_hz=None), data)


def test_average_reference():
    data = noise()
    mean = data[:-1].mean(axis=0)  # the bad electrode is not part of it
    np.testing.assert_allclose(cleaned(data, rereference="average"), data - mean, atol=1e-12)


def test_new_reference_may_be_the_old_one():
    data = noise()
    expected = data - data[4] / 2  # electrode "29" is 0 throughout
    result = cleaned(data, rereference=["5", "29"], reference="29")
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_rejected_components_are_subtracted():
    generator = np.random.default_rng(2)
    mixing = generator.normal(size=(4, 4))
    sources = generator.normal(size=(4, 5000))
    data = np.vstack([mixing @ sources, noise(2)])
    names = ["1", "2", "3", "4"]
    ica = StoredIca(names, np.linalg.inv(mixing), rejected=[1, 3])
    kept = mixing[:, [0, 2]] @ sources[[0, 2]]
    result = cleaned(data, ica=True, stored_ica=ica, reference="29")
    np.testing.assert_allclose(result[:4], kept, atol=1e-9)
    assert np.array_equal(result[4:], data[4:])


def test_components_may_be_those_of_the_re_referenced_signal():
    data = noise(4)
    names = ["1", "2", "3", "29"]
    # Against electrode 2, the old reference measures what electrode 2 did, with the other sign.
    ica = StoredIca(names, np.eye(4), rejected=[3])
    options = {"ica": True, "rereference": ["2"], "stored_ica": ica, "reference": "29"}
    np.testing.assert_allclose(cleaned(data, **options), data - data[1], atol=1e-12)


def test_a_bad_channel_is_rebuilt_from_its_neighbours():
    smooth = np.linspace(-1, 1, 1000)  # the same everywhere on the head
    data = np.tile(smooth, (40, 1))
    data[-1] = 100
    result = cleaned(data, interpolate_bad=True)
    assert np.abs(result[-1] - smooth).max() < 0.05
    assert np.array_equal(result[:-1], data[:-1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rereference": ["5", "99"]}, "preprocess.rereference: .* found no 99"),
        ({"ica": True}, "preprocess.ica: .* found none"),
        ({"notch": [50.0, 250.0]}, "preprocess.notch: expected frequencies below 250 Hz"),
        ({"band_pass_hz": [1, 300]}, "preprocess.band_pass_hz: .* found 300 Hz"),
    ],
)
def test_an_option_that_is_impossible_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        cleaned(noise(), **options)


def test_re_referencing_needs_eeg(small):
    named = {"bad_channels": [], "rate_hz": 120, "usable": True}
    with pytest.raises(InputError, match="found a recording without EEG"):
        preprocess(small.reader, small.recording, **named, rereference="average")


# ------------------------------------------------------------------------------ quality


@pytest.mark.parametrize("line_hz", [50.0, 60.0, None])
def test_the_line_frequency_is_found_in_the_spectrum(line_hz):
    data = np.cumsum(noise(samples=20_000), axis=1) / 20 + noise(samples=20_000)
    if line_hz is not None:
        data += 0.4 * np.sin(2 * np.pi * line_hz * np.arange(20_000) / 500)
    found_hz, height_db = measure_spectrum(record_eeg(data)).find_line()
    assert found_hz == line_hz
    assert (height_db is None) == (line_hz is None)


def test_the_spectrum_is_a_power_density():
    spectrum = measure_spectrum(record_eeg(3 * noise(samples=60_000)))
    step_hz = spectrum.frequency_hz[1]
    assert step_hz == 0.5
    np.testing.assert_allclose(spectrum.power.sum(axis=1) * step_hz, 9, rtol=0.05)


def test_the_share_of_clamped_samples():
    signal = np.random.default_rng(0).uniform(-1, 1, (30_000, 3)).astype(np.float32)  # range 1
    signal[100:400, 1] = 21
    signal[:, 2] = 5  # flat
    np.testing.assert_allclose(measure_clamped_share(signal), [0, 0.01, 0])


def test_the_script_writes_the_same_bytes_twice(small, tmp_path, monkeypatch):
    study = {"reader": "gwilliams", "raw_folder": str(small.folder), "layout": small.layout}
    written = []
    for name in ("one", "two"):
        results = Results(tmp_path / name, recording=small.recording.id)
        results.write(CHECK, small.verdict() | {"bad_channels": ["MEG 004"]})
        arguments = {
            "--results": str(results.folder),
            "--study": json.dumps(study),
            "--recording": small.recording.id,
            "--settings": json.dumps(PAPER | {"rate_hz": 120}),
        }
        flat = [part for pair in arguments.items() for part in pair]
        monkeypatch.setattr(sys, "argv", ["preprocess_recording", *flat])
        with pytest.raises(SystemExit) as ended:
            run(import_module("preprocess_recording").main)
        assert ended.value.code == 0
        folder = results.path(SIGNAL).parent
        written.append({path.name: path.read_bytes() for path in folder.glob("[!.]*")})
    assert written[0] == written[1]
    assert sorted(written[0]) == [
        *("events.parquet", "quality.json", "quality.png", "sensors.parquet", "signal.npy"),
    ]
    quality = json.loads(written[0]["quality.json"])
    assert (quality["line_hz"], quality["bad_channels"]) == (60, ["MEG 004"])
    assert 0 < quality["clamped_share"] < 0.01
    assert written[0]["quality.png"].startswith(b"\x89PNG")
