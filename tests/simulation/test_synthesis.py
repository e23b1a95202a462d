"""Synthetic speech: the times of words and phonemes are those of the sound."""

import re
import time

import numpy as np
import pytest

from simulation.speech import RATE_HZ, synthesise
from simulation.stories import write_story

_VOWELS = ("aa", "ae", "ah", "ao", "aw", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw")
_ARPABET = {*_VOWELS, *"bdfgklmnprstvwyz", "ch", "dh", "hh", "jh", "ng", "sh", "th", "zh"}


@pytest.fixture(scope="module")
def spoken():
    sentences = write_story("night_ferry", seed=1, duration_s=120, pause_s=0)
    texts = [(one.text, one.voice, one.words_per_minute) for one in sentences]
    return sentences, synthesise(texts)


def test_every_word_is_found(spoken):
    for sentence, utterance in zip(*spoken, strict=True):
        assert list(utterance.words["word"]) == sentence.words


def test_phonemes_fill_their_words(spoken):
    for utterance in spoken[1]:
        words, phonemes = utterance.words, utterance.phonemes
        assert (phonemes["duration_s"] > 0).all()
        stops_s = phonemes["start_s"] + phonemes["duration_s"]
        by_word = phonemes.assign(stop_s=stops_s).groupby("word_index")
        np.testing.assert_allclose(by_word["start_s"].min(), words["start_s"])
        np.testing.assert_allclose(by_word["duration_s"].sum(), words["duration_s"])
        assert (words["start_s"].diff().dropna() > 0).all()
        assert stops_s.max() <= len(utterance.waveform) / RATE_HZ


def test_phoneme_labels_are_arpabet_with_their_place_in_the_word(spoken):
    for utterance in spoken[1]:
        labels, places = utterance.phonemes["phoneme"].str.split("_", expand=True).T.to_numpy()
        assert set(labels) <= _ARPABET
        joined = "".join(places)
        assert re.fullmatch("(S|BI*E)+", joined)
        assert joined.count("S") + joined.count("B") == len(utterance.words)


def test_sound_is_in_the_words(spoken):
    inside, outside = [], []
    for utterance in spoken[1]:
        time_s = np.arange(len(utterance.waveform)) / RATE_HZ
        heard = np.zeros(len(time_s), bool)
        for word in utterance.words.itertuples():
            heard |= (time_s >= word.start_s) & (time_s < word.start_s + word.duration_s)
        inside.append(utterance.waveform[heard])
        outside.append(utterance.waveform[~heard])
    power_inside, power_outside = (
        np.mean(np.concatenate(pieces) ** 2) for pieces in (inside, outside)
    )
    assert power_outside < 0.01 * power_inside


def test_fricatives_hiss_and_vowels_do_not(spoken):
    def share_above_3_khz(label: str) -> float:
        shares = []
        for utterance in spoken[1]:
            found = utterance.phonemes[utterance.phonemes["phoneme"].str.startswith(label + "_")]
            for one in found.itertuples():
                first = round(one.start_s * RATE_HZ)
                piece = utterance.waveform[first : first + round(one.duration_s * RATE_HZ)]
                power = np.abs(np.fft.rfft(piece)) ** 2
                high = np.fft.rfftfreq(len(piece), 1 / RATE_HZ) > 3000
                shares.append(power[high].sum() / (power.sum() + 1e-12))
        return float(np.median(shares))

    assert share_above_3_khz("s") > 0.6
    assert share_above_3_khz("ow") < 0.1


def test_same_samples_in_another_second(spoken):
    sentences, utterances = spoken
    texts = [(one.text, one.voice, one.words_per_minute) for one in sentences]
    time.sleep(1.1)  # the synthesiser would seed its noise by the clock
    for one, again in zip(utterances, synthesise(texts), strict=True):
        np.testing.assert_array_equal(one.waveform, again.waveform)
        assert one.phonemes.equals(again.phonemes)


def test_joined_words_are_refused():
    with pytest.raises(ValueError, match="joins or splits"):
        synthesise([("Nobody in the valley heard the end of the song.", "en-us", 175)])
