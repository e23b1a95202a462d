"""The simulated study: the reader of the real one opens it, and its truth is in the data."""

import ast
import json
import shutil
import warnings
from pathlib import Path

import mne
import mne_bids
import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import signal

from plumbing.errors import InputError
from simulation import brain, gwilliams, stimuli
from speech_decoding.segments.blocks import assign_split, find_blocks
from speech_decoding.studies.gwilliams import Study

SHORT = {"tiny_tale": {"task": "0", "parts": 2, "duration_s": 12}}


def write_short_study(folder: Path, seed: int, subjects: tuple[str, ...] = ("01",)) -> Path:
    gwilliams.simulate_stimuli(folder, stories=SHORT, subjects=subjects, sessions=["0"], seed=seed)
    for subject in subjects:
        gwilliams.simulate_recording(
            folder,
            subject=subject,
            session="0",
            story="tiny_tale",
            task="0",
            parts=2,
            snr=0.1,
            seed=seed,
        )
    return folder


@pytest.fixture(scope="module")
def short_study(tmp_path_factory) -> Path:
    """Give the folder of a study of two listeners and one short story."""
    return write_short_study(tmp_path_factory.mktemp("short"), seed=1, subjects=("01", "02"))


@pytest.fixture(scope="module")
def recording(study):
    return study.recording("01", "night_ferry")


@pytest.fixture(scope="module")
def events(study, recording) -> pd.DataFrame:
    """Give events.tsv with the descriptions of its rows in columns of their own."""
    table = pd.read_csv(study.reader.raw_files(recording)[2], sep="\t", encoding="utf-8-sig")
    described = pd.DataFrame([ast.literal_eval(text) for text in table["trial_type"]])
    return table.join(described)


def test_the_reader_of_the_real_study_finds_no_fault(study, recording):
    assert study.reader.check(recording) == []
    raw = study.reader.load_raw(recording)
    assert raw.get_channel_types() == ["mag"] * 208
    data = raw.get_data(tmin=5, tmax=15)
    assert 3e-13 < np.median(data.std(axis=1)) < 5e-12


def test_mne_bids_reads_the_tree(study, recording):
    path = mne_bids.BIDSPath(
        root=study.folder,
        subject="01",
        session="0",
        task="0",
        suffix="meg",
        extension=".con",
        datatype="meg",
    )
    with warnings.catch_warnings():
        # BIDS knows no more than age, sex and hand; the columns are those of the real study.
        warnings.filterwarnings("ignore", "Unable to map the following column")
        warnings.simplefilter("error")
        raw = mne_bids.read_raw_bids(path, verbose="error")
    table = pd.read_csv(study.reader.raw_files(recording)[1], sep="\t", encoding="utf-8-sig")
    assert list(table["name"]) == raw.ch_names
    assert table["type"].value_counts().to_dict() == {
        "MEGGRADAXIAL": 208,
        "MISC": 32,
        "MEGREFMAG": 16,
    }
    assert len(raw.annotations) == len(study.reader.load_events(recording))
    described = json.loads((study.folder / "dataset_description.json").read_text())
    assert "SIMULATED" in described["Name"]


def test_head_position_can_be_read(study, recording, tmp_path):
    con = study.reader.raw_files(recording)[0]
    points = {}
    for label in ("ELP", "HSP"):
        points[label] = tmp_path / f"{label}.txt"  # MNE goes by the ending
        shutil.copy(con.parent / f"sub-01_ses-0_acq-{label}_headshape.pos", points[label])
    raw = mne.io.read_raw_kit(
        con,
        mrk=str(con.with_name("sub-01_ses-0_task-0_markers.mrk")),
        elp=points["ELP"],
        hsp=points["HSP"],
        verbose="error",
    )
    shift = raw.info["dev_head_t"]["trans"][:3, 3]
    np.testing.assert_allclose(shift, [0, 0, 0.04], atol=0.015)


def test_participants_have_the_real_columns(study):
    table = pd.read_csv(study.folder / "participants.tsv", sep="\t", encoding="utf-8-sig")
    assert list(table.columns) == [
        *("participant_id", "age", "sex", "hand", "task_order", "n_sessions", "mri"),
        "native_english_speaker",
    ]
    assert list(table["participant_id"]) == ["sub-01", "sub-02"]
    assert all(sorted(ast.literal_eval(order)) == [0, 1] for order in table["task_order"])


def test_events_have_the_real_keys(events):
    common = ["story", "story_uid", "sound_id", "kind", "start", "sound"]
    spoken = [
        *("sequence_id", "condition", "word_index", "speech_rate", "voice", "pronounced"),
    ]
    for kind, keys in (
        ("sound", common),
        ("word", [*common, "word", *spoken]),
        ("phoneme", [*common, "phoneme", *spoken]),
    ):
        texts = events.loc[events["kind"] == kind, "trial_type"]
        assert len(texts)
        assert all(list(ast.literal_eval(text)) == keys for text in texts)


def test_events_have_the_oddities_of_the_real_ones(events):
    sounds = events[events["kind"] == "sound"]
    assert (sounds["duration"] == 0).all()
    assert list(sounds["sound"]) == [f"stimuli/audio/Night_Ferry_{part}.0.wav" for part in (0, 1)]
    assert events["onset"].is_monotonic_increasing
    noisy = events["start"].round(3) != events["start"]
    assert 0 < noisy.sum() < 0.1 * len(events)
    assert (events["sample"] == (events["onset"] * 1000).round()).all()


def test_onsets_and_starts_differ_by_the_start_of_the_wav(events):
    sounds = events[events["kind"] == "sound"].set_index("sound_id")["onset"]
    wav_onset_s = events["onset"] - events["start"]
    assert (wav_onset_s - events["sound_id"].map(sounds)).abs().max() < 1e-4


def test_words_of_a_sequence_are_numbered_from_0(events):
    words = events[events["kind"] == "word"]
    for _, sequence in words.groupby("sequence_id"):
        assert list(sequence["word_index"]) == list(range(len(sequence)))
        assert 6 <= len(sequence) <= 14


def test_audio_is_as_the_truth_says(study):
    for story in study.stories:
        timing = stimuli.read_timing(study.folder, story)
        sounds = timing[timing["kind"] == "sound"]
        assert sounds["duration_s"].sum() == pytest.approx(120, rel=0.1)
        for sound in sounds.itertuples():
            info = soundfile.info(stimuli.wav_path(study.folder, story, sound.sound_id))
            assert (info.samplerate, info.channels, info.subtype) == (22050, 1, "PCM_16")
            assert info.duration == pytest.approx(sound.duration_s, abs=1e-9)
        pauses_s = sounds["wav_offset_s"].diff() - sounds["duration_s"].shift()
        assert pauses_s.dropna().between(1, 3).all()
        text = (study.folder / "stimuli" / "text" / f"{story}.txt").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        spelled = text.decode("utf-8-sig").replace(",", "").replace(".", "").split()
        assert spelled == list(timing.loc[timing["kind"] == "word", "word"])


def test_two_listeners_hear_the_same_blocks_at_other_times(short_study):
    layout = {"subjects": ["01", "02"], "sessions": ["0"], "absent": [], "stories": SHORT}
    reader = Study(short_study, **layout)
    found = []
    for one in reader.recordings():
        heard = reader.load_events(one)
        blocks = find_blocks(heard, shortest_block_s=6)
        first_s = heard["start_s"].iloc[0]
        assert 10 <= first_s <= 30
        found.append((first_s, list(blocks["text"]), blocks["start_s"][1:] - first_s))
    (first_s, texts, starts_s), (other_s, other_texts, other_starts_s) = found
    assert first_s != other_s
    assert texts == other_texts
    np.testing.assert_allclose(starts_s, other_starts_s, atol=1e-9)


def test_every_story_has_blocks_of_every_split(study):
    tested = 0
    for story in study.stories:
        timing = stimuli.read_timing(study.folder, story)
        heard = timing.assign(start_s=10 + timing["wav_offset_s"] + timing["start_s"])
        splits = [
            assign_split(text, seed=12, test_share=0.2, valid_share=0.1)
            for text in find_blocks(heard, shortest_block_s=6)["text"]
        ]
        assert set(splits) == {"train", "valid", "test"}
        assert splits.count("train") > 0.5 * len(splits)
        tested += splits.count("test")
    assert tested >= 3


def test_same_seed_same_bytes(short_study, tmp_path):
    again, other = (write_short_study(tmp_path / str(seed), seed) for seed in (1, 2))
    written = [path.relative_to(again) for path in again.rglob("*") if path.is_file()]
    assert len(written) == 14
    written.remove(Path("participants.tsv"))  # one listener instead of two
    unlike = set()
    for path in written:
        assert (again / path).read_bytes() == (short_study / path).read_bytes()
        if (again / path).read_bytes() != (other / path).read_bytes():
            unlike.add(path.name.removeprefix("sub-01_ses-0_task-0_"))
    assert unlike >= {
        *("meg.con", "events.tsv", "markers.mrk"),
        *("tiny_tale_0.wav", "tiny_tale_1.wav", "tiny_tale.txt", "tiny_tale_timing.parquet"),
    }


def speech_is_found(study, folder) -> float:
    """Correlate a story's loudness with its reconstruction from the sensors, on its second half.

    A ridge regression on the sensors 0 to 300 ms after the speech, fitted on the first half.
    """
    con = study.reader.raw_files(study.recording("01", "night_ferry"))[0]
    con = folder / con.relative_to(study.folder)
    raw = mne.io.read_raw_kit(con, stim=None, verbose="error")
    sensors = signal.decimate(raw.get_data("mag"), 20, ftype="fir", axis=1).T  # 50 Hz
    high_pass = signal.butter(2, 1, "highpass", fs=50, output="sos")
    sensors = signal.sosfiltfilt(high_pass, sensors, axis=0)
    spread = np.median(np.abs(sensors), axis=0)
    sensors = np.clip(sensors / spread, -5, 5)

    heard = study.reader.load_events(study.recording("01", "night_ferry"))
    times_s = np.arange(len(sensors)) / 50
    loudness = np.zeros(len(sensors))
    for part, onset_s in enumerate(heard.loc[heard["kind"] == "sound", "start_s"]):
        waveform, rate_hz = soundfile.read(stimuli.wav_path(study.folder, "night_ferry", part))
        loudness += brain.speech_features(waveform, rate_hz, times_s - onset_s)[:-1].sum(axis=0)
    loudness = signal.sosfiltfilt(high_pass, loudness)

    lagged = np.concatenate([np.roll(sensors, -lag, axis=0) for lag in range(0, 16, 3)], axis=1)
    half = len(lagged) // 2
    covariance = lagged[:half].T @ lagged[:half] + 1e3 * np.eye(lagged.shape[1])
    weights = np.linalg.solve(covariance, lagged[:half].T @ loudness[:half])
    return float(np.corrcoef(lagged[half:] @ weights, loudness[half:])[0, 1])


def test_the_response_to_speech_is_in_the_sensors(study):
    assert speech_is_found(study, study.folder) > 0.5


def test_without_a_response_nothing_is_found(study, tmp_path):
    for name in ("stimuli", "sourcedata"):
        shutil.copytree(study.folder / name, tmp_path / name)
    study.write(tmp_path, subject="01", story="night_ferry", snr=0)
    assert abs(speech_is_found(study, tmp_path)) < 0.2


def test_an_unknown_brain_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected speech or word_onsets, found 'telepathy'"):
        gwilliams.simulate_recording(
            tmp_path,
            subject="01",
            session="0",
            story="night_ferry",
            task="0",
            parts=2,
            snr=0.1,
            seed=1,
            brain="telepathy",
        )
    assert not list(tmp_path.iterdir())


def test_scripts_write_the_same_study(short_study, tmp_path, run_script):
    folder = ("--folder", str(tmp_path))
    common = {"stories": SHORT, "subjects": ["01", "02"], "sessions": ["0"], "seed": 1}
    run_script("simulate_stimuli", *folder, settings=common)
    one = {"story": "tiny_tale", "task": "0", "parts": 2, "snr": 0.1, "seed": 1}
    run_script("simulate_recording", *folder, "--subject", "02", "--session", "0", settings=one)
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 14
    for path in written:
        assert (tmp_path / path).read_bytes() == (short_study / path).read_bytes()


def test_a_recording_needs_its_stimuli(tmp_path, study):
    with pytest.raises(InputError, match=r"night_ferry_timing\.parquet"):
        study.write(tmp_path, subject="01", story="night_ferry", snr=0.1)
