"""The reader of the Alice study, on the authors' own tables and on simulated recordings."""

import hashlib
import re
import zipfile
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.io import loadmat

from plumbing.errors import InputError
from speech_decoding.segments.blocks import assign_split, find_blocks
from speech_decoding.segments.windows import Window, find_segments
from speech_decoding.studies import EVENT_COLUMNS
from speech_decoding.studies.brennan import Study, subject_table
from speech_decoding.studies.brennan_cleaning import read_bad_electrodes, read_ica
from speech_decoding.studies.brennan_signal import open_signal, require_electrodes
from speech_decoding.studies.brennan_trials import check_extent
from tests import realdata
from tests.verdicts import sentences_of

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
LAYOUT = yaml.safe_load((ROOT / "config.yaml").read_text())["studies"]["brennan"]["layout"]
ALIGNMENTS = ("corrected", "published")
SHIFTED = ["S24", "S26", "S27", "S30", "S32", "S34", "S35", "S36"]
NO_TABLE = ["S28", "S29", "S31", "S33", "S46", "S47", "S49"]
WINDOW = Window(-0.5, 2.5, 120)


def subjects_of(subject_set: str) -> list[str]:
    study = Study(Path("nowhere"), **(LAYOUT | {"subject_set": subject_set}))
    return [recording.subject for recording in study.recordings()]


# ---------------------------------------------------------------------------------- subject sets


def test_subject_sets():
    counts = {
        name: len(subjects_of(name)) for name in ("published", "authors", "all_usable", "all")
    }
    assert counts == {"published": 33, "authors": 33, "all_usable": 41, "all": 49}
    published, authors = set(subjects_of("published")), set(subjects_of("authors"))
    assert published - authors == {"S07", "S09", "S23", "S43"}
    assert authors - published == {"S26", "S34", "S35", "S36"}
    assert set(subjects_of("all")) - set(subjects_of("all_usable")) == {"S02", *NO_TABLE}
    assert not published & set(SHIFTED)


def test_everyone_outside_a_set_has_a_reason():
    for subject_set in ("published", "authors", "all_usable"):
        left_out = Study(Path("nowhere"), **(LAYOUT | {"subject_set": subject_set})).left_out()
        assert sorted([*left_out, *subjects_of(subject_set)]) == subjects_of("all")
        assert all(left_out.values())
    repaired = [name for name, row in subject_table().items() if row["repair"] == "shifted"]
    assert repaired == SHIFTED


def test_a_set_can_be_narrowed_and_a_recording_needs_no_more_than_itself():
    study = Study(Path("nowhere"), **(LAYOUT | {"subjects": ["S05", "S02"]}))
    assert [recording.subject for recording in study.recordings()] == ["S05"]
    layout = Study(Path("nowhere"), **LAYOUT).layout_of(study.recordings()[0])
    assert [r.subject for r in Study(Path("nowhere"), **layout).recordings()] == ["S05"]
    other = LAYOUT | {"subject_set": "all_usable"}
    assert Study(Path("nowhere"), **other).layout_of(study.recordings()[0]) == layout


@realdata.needed
def test_sets_are_those_of_the_authors():
    sets = loadmat(realdata.FOLDER / "brennan" / "datasets.mat", squeeze_me=True)
    assert subjects_of("authors") == [name.removesuffix(".mat") for name in sets["use"]]
    with zipfile.ZipFile(realdata.FOLDER / "brennan" / "proc.zip") as archive:
        tables = {Path(name).stem for name in archive.namelist() if name.endswith(".mat")}
    assert set(subjects_of("all_usable")) == tables - {"S02"}


# --------------------------------------------------------------------- the authors' trial tables


@pytest.fixture(scope="module")
def real_folder(tmp_path_factory) -> Path:
    """Give a folder with the word table and 42 trial tables, without recordings."""
    folder = tmp_path_factory.mktemp("brennan")
    source = realdata.FOLDER / "brennan"
    words = source / "AliceChapterOne-EEG.csv"
    (folder / words.name).write_bytes(words.read_bytes())
    with zipfile.ZipFile(source / "proc.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def real_events(real_folder) -> dict[str, dict[str, pd.DataFrame]]:
    """Give the events of all 41 usable listeners, by alignment and subject."""
    events = {}
    for alignment in ALIGNMENTS:
        layout = LAYOUT | {"subject_set": "all_usable", "alignment": alignment}
        study = Study(real_folder, **layout)
        events[alignment] = {one.subject: study.load_events(one) for one in study.recordings()}
    return events


def wav_onsets_s(events: pd.DataFrame) -> np.ndarray:
    return events.loc[events["kind"] == "sound", "start_s"].to_numpy()


@realdata.needed
@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_audio_starts(real_events, alignment):
    golden = pd.read_csv(GOLDEN / "brennan_audio_starts.csv", index_col="subject")
    early_s = 0.3 if alignment == "published" else 0.0
    for subject, events in real_events[alignment].items():
        difference_s = wav_onsets_s(events) - (golden.loc[subject] - early_s)
        known = 11 if subject in SHIFTED else 12
        assert difference_s.notna().sum() == known
        # The golden seconds count the first sample as 1/500 s, as the published alignment does.
        assert difference_s.abs().max() <= 0.002 + 1e-9


@realdata.needed
def test_the_repaired_began_late_and_fit_all_others(real_events):
    distances_s = {
        subject: np.diff(wav_onsets_s(events))
        for subject, events in real_events["corrected"].items()
    }
    usual_s = np.median([distances_s[subject] for subject in subjects_of("published")], axis=0)
    for subject in SHIFTED:
        first_s = wav_onsets_s(real_events["corrected"][subject])[0]
        assert -3.7 < first_s < -0.2
        np.testing.assert_allclose(distances_s[subject], usual_s, atol=0.06)


@realdata.needed
@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_every_block_is_that_of_the_golden_table(real_events, alignment):
    golden = pd.read_csv(GOLDEN / "splits.csv").query("dataset == 'brennan2019'")
    for events in real_events[alignment].values():
        blocks = split(events)
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in blocks["text"]]
        assert digests == list(golden["sha256_uid"])
        assert list(blocks["split"]) == list(golden["split"])
    counts = blocks["split"].value_counts().to_dict()
    assert counts == {"test": 6, "valid": 8, "train": 44}


@realdata.needed
@pytest.mark.parametrize(("alignment", "test_segments"), [("corrected", 6269), ("published", 6265)])
def test_segments_of_the_published_set(real_events, alignment, test_segments):
    found, count, vocabulary = set(), 0, {"train": set(), "test": set()}
    for subject in subjects_of("published"):
        events = real_events[alignment][subject]
        segments = cut(events)
        test = segments[segments["split"] == "test"]
        count += len(test)
        own = set(zip(test["word_index"], test["sequence_text"], strict=True))
        assert 188 <= len(own) <= 190
        found |= own
        for name, words in vocabulary.items():
            words |= words_heard(events, segments[segments["split"] == name])
    assert count == test_segments
    assert len(found) == 190
    assert (len(vocabulary["train"]), len(vocabulary["test"])) == (513, 148)
    assert len(vocabulary["train"] & vocabulary["test"]) / 148 == pytest.approx(0.595, abs=5e-4)


@realdata.needed
def test_the_repaired_hear_the_same_test_segments(real_events):
    def test_segments(subject):
        segments = cut(real_events["corrected"][subject]).query("split == 'test'")
        return set(zip(segments["word_index"], segments["sequence_text"], strict=True))

    usual = test_segments("S01")
    for subject in SHIFTED:
        assert test_segments(subject) <= usual


@realdata.needed
def test_events_of_one_listener(real_events):
    events = real_events["corrected"]["S01"]
    assert events.dtypes.astype(str).to_dict() == EVENT_COLUMNS
    words = events[events["kind"] == "word"]
    assert len(words) == 2129
    assert events["wav"].nunique() == 12
    assert words["sequence_id"].nunique() == 84
    assert (words["word_index"] == 0).sum() == 84
    assert [word for word in words["word"] if "\x1a" in word] == [
        "\x1as",
        "\x1ad",
        "\x1ad",
        "\x1as",
    ]
    onset_s = (words["start_s"] - words["wav_start_s"]).groupby(words["wav"]).agg(np.ptp)
    assert onset_s.max() < 1e-9
    assert words["duration_s"].mean() == pytest.approx(0.281, abs=5e-4)
    first = words.iloc[0]
    annotated = first[["word", "word_class", "log_frequency"]].tolist()
    assert annotated == ["Alice", "content", 8.65]
    assert words["word_class"].isna().sum() == 6


@realdata.needed
def test_the_trial_table_of_s02_fits_no_words(real_folder):
    study = Study(real_folder, **(LAYOUT | {"subject_set": "all", "subjects": ["S02"]}))
    (found,) = study.check(study.recordings()[0])
    assert found.severity == "fault"
    assert "holds the trials of S10" in found.sentence


@realdata.needed
def test_bad_electrodes_and_components(real_folder):
    bad = ["22", "24", "31", "32", "36", "49", "60"]
    assert read_bad_electrodes(real_folder / "proc/S01.mat") == bad
    assert read_bad_electrodes(real_folder / "proc/S15.mat") == []
    assert read_bad_electrodes(real_folder / "proc/S27.mat") == ["5"]
    ica = read_ica(real_folder / "proc/S01.mat")
    assert ica.unmixing.shape == (55, 56) and len(ica.channels) == 56
    assert ica.rejected == [0, 1, 2, 5, 6, 8]


def split(events: pd.DataFrame) -> pd.DataFrame:
    blocks = find_blocks(events, shortest_block_s=6)
    blocks["split"] = [
        assign_split(text, seed=12, test_share=0.2, valid_share=0.1) for text in blocks["text"]
    ]
    return blocks.assign(block=range(len(blocks)))


def cut(events: pd.DataFrame) -> pd.DataFrame:
    """Cut a recording that goes on for 10 s after its last word."""
    sample_count = int((events["start_s"].max() + 10) * 120)
    return find_segments(
        events, split(events), sample_count=sample_count, window=WINDOW, stride_s=0.5
    )


def words_heard(events: pd.DataFrame, segments: pd.DataFrame) -> set[str]:
    """Give the words that overlap one of the segments by more than 20 ms (protocol 8.4)."""
    words = events[events["kind"] == "word"]
    start_s = words["start_s"].to_numpy()
    stop_s = start_s + words["duration_s"].to_numpy()
    from_s = segments["onset_s"].to_numpy()[:, None] + WINDOW.start_s
    to_s = segments["onset_s"].to_numpy()[:, None] + WINDOW.stop_s
    overlap_s = np.minimum(stop_s, to_s) - np.maximum(start_s, from_s)  # [segments, words]
    return set(words["word"][(overlap_s > 0.020).any(axis=0)])


# ------------------------------------------------------------------------- simulated recordings


def test_a_recording_of_the_first_release(intact_alice):
    recording = intact_alice.recording("S03")
    assert [path.name for path in intact_alice.reader.raw_files(recording)] == [
        *("S03.mat", "S03.mat", "AliceChapterOne-EEG.csv"),
    ]
    assert intact_alice.reader.check(recording) == []
    raw = intact_alice.reader.load_raw(recording)
    assert raw.ch_names == [str(number) for number in range(1, 62) if number != 29]
    assert raw.get_channel_types(unique=True) == ["eeg"]
    assert raw.info["sfreq"] == 500
    assert 5e-6 < np.median(raw.get_data().std(axis=1)) < 1e-4  # volts
    assert len(raw.info["bads"]) == 3
    cap = mne.channels.make_standard_montage("easycap-M10").get_positions()["ch_pos"]
    place = raw.info["chs"][28]["loc"][:3]  # of electrode 30
    assert np.linalg.norm(place - cap["30"]) < 0.05


def test_both_releases_give_the_same(alice):
    recording = alice.recording("S03")
    first, events = alice.reader.load_raw(recording), alice.reader.load_events(recording)
    channel = alice.reader.open_audio_channels(recording)
    alice.as_second_release()
    assert [path.name for path in alice.reader.raw_files(recording)] == [
        *("S03.eeg", "S03.vhdr", "S03.vmrk", "S03.mat", "AliceChapterOne-EEG.csv"),
    ]
    assert alice.reader.check(recording) == []
    second = alice.reader.load_raw(recording)
    assert (second.ch_names, second.info["bads"]) == (first.ch_names, first.info["bads"])
    np.testing.assert_allclose(second.get_data(), first.get_data(), rtol=1e-6, atol=1e-12)
    assert alice.reader.load_events(recording).equals(events)
    again = alice.reader.open_audio_channels(recording)
    np.testing.assert_allclose(again.get_data(), channel.get_data(), rtol=1e-6, atol=1e-12)
    assert again.info["sfreq"] == channel.info["sfreq"] == 500


@pytest.mark.parametrize("subject", ["S03", "S26", "S44"])
def test_words_are_where_they_were_heard(intact_alice, subject):
    recording = intact_alice.recording(subject)
    events = intact_alice.reader.load_events(recording)
    truth_s = intact_alice.wav_onsets_s(subject)
    # A first wav that was not recorded is placed by the usual distance.
    tolerance_s = np.where(truth_s < 0, 0.020, 0.002)
    assert (np.abs(wav_onsets_s(events) - truth_s) <= tolerance_s).all()
    assert list(events["start_s"]) == sorted(events["start_s"])
    published = Study(intact_alice.folder, **(intact_alice.layout | {"alignment": "published"}))
    early = published.load_events(recording)
    difference_s = early["start_s"] - events["start_s"]
    np.testing.assert_allclose(difference_s, -0.298, atol=1e-9)


def test_the_shifted_listener_is_used_with_a_warning(intact_alice):
    verdict = intact_alice.verdict("S26")
    assert verdict["verdict"] == "warning"
    assert "the number of the one before" in sentences_of(verdict)[0]
    words = intact_alice.reader.load_events(intact_alice.recording("S26")).query("kind == 'word'")
    whole = intact_alice.reader.load_events(intact_alice.recording("S03")).query("kind == 'word'")
    assert words["start_s"].min() < 0
    assert list(words["word"]) == list(whole["word"])


def test_audio_channels(intact_alice):
    reader = intact_alice.reader
    assert reader.open_audio_channels(intact_alice.recording("S44")) is None
    for subject in ("S03", "S26"):
        channel = reader.open_audio_channels(intact_alice.recording(subject)).get_data()
        assert len(channel) == 1 and channel.std() > 0


def test_stored_components(intact_alice):
    ica = intact_alice.reader.load_ica(intact_alice.recording("S03"))
    assert ica.unmixing.shape == (56, 57)
    assert len(ica.channels) == 57 and ica.rejected == [0]


def test_a_recording_that_ends_within_its_last_trials_is_used(intact_alice):
    verdict = intact_alice.verdict("S01")
    assert verdict["verdict"] == "warning"
    (sentence,) = sentences_of(verdict)
    assert re.search(r"trials, [1-9] up to 0\.75 s after its end; windows that reach", sentence)
    events = intact_alice.reader.load_events(intact_alice.recording("S01"))
    raw = intact_alice.reader.load_raw(intact_alice.recording("S01"))
    words = events[events["kind"] == "word"]
    assert words["start_s"].max() < raw.times[-1] < words["start_s"].max() + 1.0


@realdata.needed
def test_published_trials_that_are_cut(real_folder):
    """S01's recording has 363 725 samples; of S37's trials the first begins before it."""
    signal, tables = Path("S01.mat"), real_folder / "proc"
    (found,) = check_extent(signal, tables / "S01.mat", 363_725)
    assert found.severity == "warning"
    assert "363725 samples and 2129 trials, 4 up to 0.75 s after its end" in found.sentence
    (found,) = check_extent(signal, tables / "S37.mat", 400_000)
    assert "2129 trials, 1 up to 0.02 s before its beginning; windows" in found.sentence
    cut = {
        path.stem
        for path in tables.glob("*.mat")
        if path.stem != "S02" and check_extent(signal, path, 400_000)
    }
    assert cut == {"S37"}


@realdata.needed
def test_published_components_are_read(real_folder):
    for path in sorted((real_folder / "proc").glob("*.mat")):
        ica = read_ica(path)
        assert ica.unmixing.shape == (len(ica.channels) - 1, len(ica.channels))
        assert len(ica.rejected) >= 2


@pytest.mark.parametrize(
    "lines",
    [
        ["[Common infos]", "datafile=S03.eeg"],
        ["[Common Infos]", "DataFile=$b.eeg", "; a remark"],
    ],
)
def test_headers_as_other_programs_write_them(alice, lines):
    recording = alice.recording("S03")
    alice.as_second_release()
    usual = alice.reader.load_raw(recording).get_data()
    text = (alice.folder / "S03.vhdr").read_text(encoding="utf-8")
    text = text.replace("[Common Infos]\n", "\n".join([*lines, ""])).replace("µV", "μV")
    text = text.replace("DataFile=S03.eeg\nMarkerFile", "MarkerFile") + "[Comment]\n[Ch1=7]\n"
    alice.rewrite("S03.vhdr", text.replace("\n", "\r\n").encode("utf-8-sig"))
    np.testing.assert_array_equal(alice.reader.load_raw(recording).get_data(), usual)
    alice.rewrite("S03.vhdr", text.replace("μV", "µV").encode("cp1252"))
    np.testing.assert_array_equal(alice.reader.load_raw(recording).get_data(), usual)


def test_rows_of_channels_are_read_as_columns_of_samples(alice):
    recording = alice.recording("S03")
    alice.as_second_release()
    usual = alice.reader.load_raw(recording).get_data()
    header, signal = alice.folder / "S03.vhdr", alice.folder / "S03.eeg"
    text = header.read_text(encoding="utf-8").replace("MULTIPLEXED", "VECTORIZED")
    samples = np.frombuffer(signal.read_bytes(), "<f4").reshape(-1, text.count(",,1,"))
    alice.rewrite("S03.vhdr", text.encode())
    alice.rewrite("S03.eeg", samples.T.tobytes())
    np.testing.assert_array_equal(alice.reader.load_raw(recording).get_data(), usual)


def test_names_of_channels_belong_to_the_data_not_to_the_header(alice):
    """The header's channels may have had another order."""
    recording = alice.recording("S03")
    usual = alice.reader.load_raw(recording)

    def reverse(raw):
        raw["hdr"]["label"] = raw["hdr"]["label"][::-1]

    alice.change_struct("S03.mat", "raw", reverse)
    turned = alice.reader.load_raw(recording)
    np.testing.assert_array_equal(turned.get_data(["7"]), usual.get_data(["7"]))
    assert alice.verdict()["verdict"] == "used"


@realdata.needed
def test_a_real_brainvision_file_is_read_but_is_not_alice():
    folder = realdata.FOLDER / "brainvision"
    raw = open_signal(folder / "test.vhdr")
    usual = mne.io.read_raw_brainvision(folder / "test.vhdr", verbose="error")
    assert raw.ch_names == usual.ch_names and len(raw.ch_names) == 32
    assert (raw.n_times, raw.info["sfreq"]) == (7900, 1000)
    volts = [name for name, unit in usual._orig_units.items() if unit == "µV"]
    assert len(volts) == 26
    np.testing.assert_allclose(raw.get_data(volts), usual.get_data(volts), rtol=1e-12)
    with pytest.raises(InputError, match="expected 500 Hz, found 1000 Hz"):
        require_electrodes(folder / "test.vhdr", raw)
