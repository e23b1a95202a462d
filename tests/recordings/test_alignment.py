"""The measured lag between the sound in a recording and where its events place it."""

import numpy as np
import pytest

from speech_decoding.recordings.alignment import measure_alignment, measure_lag
from speech_decoding.segments.splits import locate_wavs
from speech_decoding.speech.audio import merge_audio
from speech_decoding.studies.brennan import Study
from tests.studies.small_study import SmallStudy

RATE_HZ, AUDIO_HZ = 500, 16000


@pytest.fixture(scope="module")
def merged(intact_alice):
    return merge_audio(intact_alice.reader.wav_files("alice"), rate_hz=AUDIO_HZ)


def measure(study, recording, merged, *, shift_s: float = 0.0):
    wav_onsets = locate_wavs(study.load_events(recording))
    wav_onsets["onset_s"] += shift_s
    return measure_alignment(study, recording, wav_onsets, *merged, audio_rate_hz=AUDIO_HZ)


@pytest.mark.parametrize("subject", ["S03", "S26"])
def test_sound_is_where_the_events_place_it(intact_alice, merged, subject):
    found = measure(intact_alice.reader, intact_alice.recording(subject), merged)
    assert abs(found["lag_ms"]) <= 2
    assert found["correlation"] > 0.9
    assert found["warning"] == ""


def test_the_published_alignment_is_300_ms_early(intact_alice, merged):
    published = Study(intact_alice.folder, **(intact_alice.layout | {"alignment": "published"}))
    found = measure(published, intact_alice.recording("S03"), merged)
    assert found["lag_ms"] == pytest.approx(298, abs=2)
    assert "recording S03" in found["warning"]
    assert f"found them {found['lag_ms']:.0f} ms later" in found["warning"]


@pytest.mark.parametrize(("shift_s", "warned"), [(0.048, False), (-0.052, True), (3.0, True)])
def test_a_lag_beyond_50_ms_is_a_warning(intact_alice, merged, shift_s, warned):
    found = measure(intact_alice.reader, intact_alice.recording("S03"), merged, shift_s=shift_s)
    assert found["lag_ms"] == pytest.approx(-1000 * shift_s, abs=2)
    assert bool(found["warning"]) == warned


def test_the_trials_of_another_are_found_out(intact_alice, merged):
    """S02 is refused because its trial table is that of S10: the sound says so, too."""
    found = measure(intact_alice.reader, intact_alice.recording("S02"), merged)
    assert "brain and speech may be paired wrongly" in found["warning"]


def test_no_audio_channel_no_lag(intact_alice, merged):
    found = measure(intact_alice.reader, intact_alice.recording("S44"), merged)
    assert found == {"lag_ms": None, "correlation": None, "warning": ""}


def test_a_channel_that_holds_something_else(alice, merged):
    def unplug(parts):
        parts["data"][-1] = np.random.default_rng(0).normal(size=parts["data"].shape[1])

    alice.change_recording(unplug)
    found = measure(alice.reader, alice.recording("S03"), merged)
    assert found["correlation"] < 0.3
    assert "nothing like them" in found["warning"]


@pytest.fixture(scope="module")
def meg(tmp_path_factory):
    """A study of which one of 32 miscellaneous channels happens to hold the sound."""
    return SmallStudy.simulate(tmp_path_factory.mktemp("meg") / "study")


def measure_meg(study, *, shift_s: float = 0.0):
    merged = merge_audio(study.reader.wav_files("tiny_tale"), rate_hz=AUDIO_HZ)
    return measure(study.reader, study.recording, merged, shift_s=shift_s)


@pytest.mark.parametrize("shift_s", [0.0, -0.3])
def test_the_channel_that_holds_the_sound_is_found_among_others(meg, shift_s):
    found = measure_meg(meg, shift_s=shift_s)
    assert found["lag_ms"] == pytest.approx(-1000 * shift_s, abs=2)
    assert found["correlation"] > 0.9
    assert bool(found["warning"]) == (shift_s != 0)


def test_channels_that_hold_something_else_measure_nothing(meg, tmp_path):
    small = meg.copy(tmp_path / "study")

    def record_noise(samples):
        random = np.random.default_rng(0)
        samples[:, 224:] = 0
        samples[:, 230:233] = random.integers(-900, 900, (len(samples), 3))
        samples[::1000, 240] = 2000  # a pulse each second

    small.change_samples(record_noise)
    assert measure_meg(small) == {"lag_ms": None, "correlation": None, "warning": ""}


def test_lag_of_a_known_signal():
    random = np.random.default_rng(1)
    loudness = np.repeat(random.uniform(size=60), RATE_HZ // 5)
    sound = random.normal(size=len(loudness)) * loudness
    for late in (-400, 0, 37):
        channel = np.zeros(8000)
        channel[1000 + late : 1000 + late + len(sound)] = -3 * sound
        lag_s, correlation = measure_lag(
            channel, RATE_HZ, [(1000 / RATE_HZ, sound)], audio_rate_hz=RATE_HZ
        )
        assert lag_s == pytest.approx(late / RATE_HZ)
        assert correlation > 0.9


def test_a_silent_channel_is_like_nothing():
    sound = np.random.default_rng(2).normal(size=2000)
    _, correlation = measure_lag(np.zeros(5000), RATE_HZ, [(2.0, sound)], audio_rate_hz=RATE_HZ)
    assert correlation == 0
