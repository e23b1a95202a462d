"""The simulated Alice study: the files of the real one, with its oddities and a known truth."""

import zipfile

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import signal
from scipy.io import loadmat

from simulation.brennan import simulate_recording
from speech_decoding.studies.brennan import WORDS_FILE, wav_name
from tests import realdata
from tests.small_alice import SmallAlice

REAL_COLUMNS = [
    *("Word", "Segment", "onset", "offset", "Order", "LogFreq", "LogFreq_Prev", "LogFreq_Next"),
    *("SndPower", "Length", "Position", "Sentence", "IsLexical", "NGRAM", "RNN", "CFG"),
]


@pytest.fixture(scope="module")
def words(intact_alice) -> pd.DataFrame:
    return pd.read_csv(intact_alice.folder / WORDS_FILE)


def read(study: SmallAlice, name: str, struct: str) -> dict:
    return loadmat(study.folder / name, simplify_cells=True)[struct]


def test_word_table_has_the_real_columns(words):
    assert list(words.columns) == REAL_COLUMNS
    assert list(words["Order"]) == list(range(1, len(words) + 1))
    for _, sentence in words.groupby("Sentence"):
        assert list(sentence["Position"]) == list(range(1, len(sentence) + 1))
        assert 6 <= len(sentence) <= 28
    assert list(words["Segment"].unique()) == [1, 2, 3, 4]
    assert words["Sentence"].is_monotonic_increasing


def test_wavs_hold_their_words_and_fit_between_their_starts(intact_alice, words):
    limits_s = [*intact_alice.layout["wav_distances_s"], 12]
    for number, limit_s in enumerate(limits_s, start=1):
        info = soundfile.info(intact_alice.folder / "audio" / wav_name(number))
        assert (info.samplerate, info.channels) == (44100, 1)
        last_s = words.loc[words["Segment"] == number, "offset"].max()
        assert last_s < info.duration + 0.1
        assert info.duration < limit_s - 0.9


def test_structs_are_those_of_fieldtrip(intact_alice):
    raw = read(intact_alice, "S03.mat", "raw")
    assert {"Fs", "nChans", "nSamples", "label", "chantype", "chanunit"} <= raw["hdr"].keys()
    labels = list(raw["hdr"]["label"])
    assert labels[27:29] == ["28", "30"] and labels[59:] == ["61", "VEOG", "Aux5"]
    assert set(raw["hdr"]["chanunit"]) == {"uV"}
    assert raw["trial"].shape == (62, raw["hdr"]["nSamples"])
    assert len(read(intact_alice, "S44.mat", "raw")["hdr"]["label"]) == 61


@realdata.needed
def test_trial_structs_have_the_real_fields(intact_alice, tmp_path):
    with zipfile.ZipFile(realdata.FOLDER / "brennan" / "proc.zip") as archive:
        archive.extract("proc/S01.mat", tmp_path)
    real = loadmat(tmp_path / "proc/S01.mat", simplify_cells=True)["proc"]
    ours = read(intact_alice, "proc/S03.mat", "proc")
    assert ours.keys() == real.keys()
    for name in ("impedence", "rejections", "ica"):
        assert ours[name].keys() == real[name].keys()
    assert list(ours["varnames"]) == list(real["varnames"])
    for table in (ours["trl"], real["trl"]):
        assert set(table[:, 1] - table[:, 0]) == {650}
        assert set(table[:, 2]) == {-150}
        # In the wav a word begins up to one sample before the sample that its trial names.
        onset = table[:, 0] - table[:, 2] - 500 * table[:, 4]
        for wav in np.unique(table[:, 3]):
            assert np.ptp(onset[table[:, 3] == wav]) < 1


def test_the_shifted_listener_lacks_the_first_trigger(intact_alice, words):
    table = read(intact_alice, "proc/S26.mat", "proc")["trl"]
    assert sorted(set(table[:, 3])) == [1, 2, 3]
    assert len(table) == (words["Segment"] < 4).sum()
    onset_s = (table[table[:, 3] == 1][:, 0] + 149) / 500 - table[table[:, 3] == 1][:, 4]
    truth_s = intact_alice.wav_onsets_s("S26")
    assert truth_s[0] < 0
    assert onset_s.mean() == pytest.approx(truth_s[1], abs=0.002)


def test_s02_carries_the_trials_of_s10(intact_alice):
    table = read(intact_alice, "proc/S02.mat", "proc")["trl"]
    first_s = (table[0, 0] + 149) / 500 - table[0, 4]
    assert first_s == pytest.approx(intact_alice.wav_onsets_s("S10")[0], abs=0.003)
    assert first_s != pytest.approx(intact_alice.wav_onsets_s("S02")[0], abs=0.003)


def test_the_response_to_speech_has_the_power_that_was_asked_for(intact_alice, tmp_path):
    study = intact_alice.copy(tmp_path / "study")
    data = {}
    for snr in (0.0, intact_alice.snr):
        simulate_recording(
            study.folder,
            subject="S03",
            wav_distances_s=study.layout["wav_distances_s"],
            snr=snr,
            seed=study.seed,
        )
        data[snr] = read(study, "S03.mat", "raw")["trial"][:60].astype(float)
    steps = np.abs(np.diff(data[0.0], axis=1)).max(axis=1)
    loose = np.sort(np.argsort(steps)[-3:])
    assert (steps[loose] > 300).all()  # electrodes that come loose jump by hundreds of microvolts
    quiet = np.delete(np.arange(60), loose)
    response = data[intact_alice.snr] - data[0.0]
    ratio = power(response).sum() / (power(data[0.0][quiet]).sum() * 60 / len(quiet))
    assert ratio == pytest.approx(intact_alice.snr, rel=0.2)
    assert 5 < np.median(data[0.0][quiet].std(axis=1)) < 50


def power(data: np.ndarray) -> np.ndarray:
    """Give the power of each channel from 1 to 40 Hz."""
    band = signal.butter(4, [1, 40], "bandpass", fs=500, output="sos")
    return (signal.sosfiltfilt(band, data, axis=1) ** 2).mean(axis=1)


def test_same_seed_same_bytes(intact_alice, tmp_path, run_script):
    common = {"wav_distances_s": intact_alice.layout["wav_distances_s"], "seed": intact_alice.seed}
    folder = ("--folder", str(tmp_path))
    run_script("simulate_alice_stimuli", *folder, settings=common)
    one = common | {"snr": intact_alice.snr}
    run_script("simulate_alice_recording", *folder, "--subject", "S44", settings=one)
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 4 + 1 + 2
    for path in written:
        assert (tmp_path / path).read_bytes() == (intact_alice.folder / path).read_bytes()
