import numpy as np
import pandas as pd
import pytest

from speech_decoding.controls.at_test.matched import find_rivals, sound_features
from speech_decoding.segments.windows import Window


def test_rivals_are_the_nearest_others():
    random = np.random.default_rng(0)
    features = random.normal(size=(20, 3)) * [1, 50, 0]  # the last tells nothing
    rivals = find_rivals(features, 6)
    scaled = features[:, :2] / features[:, :2].std(axis=0)
    for own in range(20):
        distance = np.square(scaled - scaled[own]).sum(axis=1)
        distance[own] = np.inf
        assert set(rivals[own]) == set(np.argsort(distance)[:6])


def test_features_are_measured_in_the_window():
    window = Window(-0.5, 1.5, 120)
    candidates = pd.DataFrame({"recording": ["r"], "story": ["s"], "onset_s": [10.0]})
    words = pd.DataFrame(
        {"recording": "r", "start_s": [9.0, 10.01, 11.0], "duration_s": [1.0, 0.5, 2.0]}
    )
    audio = np.zeros(400, np.float32)
    audio[150:350] = 0.1  # seconds 1.5 to 3.5: -20 dB
    loudness, duration_s, spoken_s, begun = sound_features(
        candidates, np.array([2.0]), words, {"s": audio}, audio_rate_hz=100, window=window
    )[0]
    assert loudness == pytest.approx(-20)
    assert duration_s == 0.5  # of the word that begins just after the onset
    assert spoken_s == pytest.approx(0.5 + 0.5 + 0.5)
    assert begun == 2


def test_silence_has_a_loudness():
    words = pd.DataFrame({"recording": ["r"], "start_s": [0.0], "duration_s": [1.0]})
    candidates = pd.DataFrame({"recording": ["r"], "story": ["s"], "onset_s": [0.5]})
    features = sound_features(
        candidates,
        np.array([0.5]),
        words,
        {"s": np.zeros(10, np.float32)},
        audio_rate_hz=100,
        window=Window(-0.5, 2.5, 120),
    )
    assert features[0, 0] == -80
