"""The simulated brain: what it makes of speech, when, and where it is seen."""

import numpy as np
import pytest

from simulation import brain, sensors

RATE_HZ = 1000


@pytest.fixture(scope="module")
def model():
    return brain.HeadModel(sensors.place_head(0, "01", "0"))


def test_tones_fill_their_own_band():
    time_s = np.arange(22050) / 22050
    loudest = []
    for frequency_hz in (160, 300, 500, 1000, 1800, 3200, 6000):
        tone = np.sin(2 * np.pi * frequency_hz * time_s)
        loudness = brain.speech_features(tone, 22050, np.array([0.5]))[:-1, 0]
        loudest.append(int(loudness.argmax()))
    assert loudest == list(range(7))


def test_features_follow_the_sound_in_time():
    waveform = np.zeros(22050 * 2)
    waveform[22050:33075] = np.random.default_rng(0).normal(size=11025)  # 1.0 to 1.5 s
    times_s = np.arange(-500, 3000) / RATE_HZ
    features = brain.speech_features(waveform, 22050, times_s)
    assert features.shape == (8, 3500)
    assert not features[:, times_s < 0.97].any()
    assert not features[:, times_s > 1.53].any()
    assert (features[:-1, (times_s > 1.02) & (times_s < 1.48)] > 0).all()
    assert abs(times_s[features[-1].argmax()] - 1.0) < 0.02


def test_responses_come_50_to_300_ms_later():
    features = np.random.default_rng(0).normal(size=(8, 5000)).astype(np.float32)
    clicks = np.array([1000, 3000])
    responses = brain.source_responses(
        features, clicks, kind="word_onsets", rate_hz=RATE_HZ, seed=1
    )
    power = (responses**2).sum(axis=0)
    delay_s = (np.arange(5000) - 1000) / RATE_HZ
    assert power[(delay_s > 0.05) & (delay_s < 0.3)].sum() > 0.45 * power.sum()  # one click of two
    assert power[delay_s < -0.005].max() < 1e-6 * power.max()
    np.testing.assert_allclose(responses[:, 1000:1400], responses[:, 3000:3400], atol=1e-4)


def test_a_brain_of_word_onsets_hears_nothing_else():
    features = np.random.default_rng(0).normal(size=(2, 8, 3000)).astype(np.float32)
    for kind, same in (("word_onsets", True), ("speech", False)):
        one, other = (
            brain.source_responses(some, np.array([500]), kind=kind, rate_hz=RATE_HZ, seed=1)
            for some in features
        )
        assert np.allclose(one, other) is same


def test_fields_keep_the_order_of_the_sources(model):
    random = np.random.default_rng(1)
    places = sensors.HEAD_CENTRE_M + random.normal(0, 0.03, size=(5, 3))
    directions = brain.tangential(places, random.normal(size=(5, 3)))
    together = model.fields(places, directions)
    alone = [model.fields(places[i : i + 1], directions[i : i + 1])[:, 0] for i in range(5)]
    np.testing.assert_allclose(together, np.column_stack(alone), rtol=1e-6)


def test_radial_sources_are_silent(model):
    place = sensors.HEAD_CENTRE_M + np.array([[0.04, 0.0, 0.03]])
    radial = (place - sensors.HEAD_CENTRE_M) / np.linalg.norm(place - sensors.HEAD_CENTRE_M)
    seen = model.fields(place, brain.tangential(place, np.array([[0.0, 1.0, 0.0]])))
    assert np.abs(model.fields(place, radial)).max() < 1e-6 * np.abs(seen).max()


def test_the_fields_belong_to_the_listener_and_have_a_usual_strength(model):
    first, again, other = (
        brain.speech_source_fields(model, seed=1, subject=subject) for subject in ("01", "01", "02")
    )
    assert first.shape == (208, 12)
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.corrcoef(first.T, other.T)[:12, 12:].diagonal()).max() < 0.999
    # 20 nA m, a usual strength, gives the usual 100 fT
    assert 5e-14 < 20e-9 * np.abs(first).max() < 1e-12


def test_no_map_of_the_sensors_serves_all_listeners(model):
    """Listeners' sources lie at the same places, but their mean response is seen weakly."""
    fields = np.array(
        [brain.speech_source_fields(model, seed=1, subject=f"{i:02d}") for i in range(1, 6)]
    )  # [listeners, sensors, sources]
    responding = fields[:, :, :6]
    mean_power = (responding.mean(axis=0) ** 2).sum() / (responding**2).sum(axis=(1, 2)).mean()
    assert mean_power < 0.15
    first, other = np.linalg.qr(fields[0])[0], fields[1]
    assert (np.linalg.norm(first.T @ other, axis=0) / np.linalg.norm(other, axis=0)).min() > 0.7
