"""Audio that no study should hold: a defined embedding, or one sentence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from plumbing.errors import InputError
from plumbing.files import read, replacing
from speech_decoding.segments.splits import chunk_audio
from speech_decoding.speech.audio import merge_audio
from speech_decoding.speech.embedding import embed_story
from speech_decoding.speech.finished import FinishedChunks
from speech_decoding.speech.targets import load_target
from tests.speech import tiny_wav2vec2 as tiny

TARGETS = {
    "wav2vec2": {"checkpoint": tiny.XLSR_LIKE, "layers": [2, 4]},
    "wav2vec2_features": {"checkpoint": tiny.XLSR_LIKE},
    "mel": {},
}
DURATION_S = 1.5


def speech_like(rate_hz: int) -> np.ndarray:
    """Tones below 3.5 kHz whose loudness changes a few times per second."""
    time_s = np.arange(round(DURATION_S * rate_hz)) / rate_hz
    frequencies = [150, 320, 700, 1500, 2300, 3400]
    tones = sum(np.sin(2 * np.pi * f * time_s + f) for f in frequencies) / len(frequencies)
    return 0.6 * tones * (1 + np.sin(2 * np.pi * 4 * time_s)) / 2


def embed(kind: str, path: Path, folder: Path) -> np.ndarray:
    """Embed a file as the workflow does: one block over the whole of it."""
    _, wavs = merge_audio([path], rate_hz=16000)
    blocks = {"recording": ["r"], "block": [0], "split": ["train"], "start_s": 0.0}
    onsets = pd.DataFrame({"recording": ["r"], "wav": [path.name], "onset_s": [0.0]})
    chunks = chunk_audio(pd.DataFrame(blocks).assign(stop_s=np.inf), onsets, wavs)
    target = load_target(kind, **TARGETS[kind])
    output = folder.parent / f"{folder.name}.npy"
    finished = FinishedChunks(folder, kind)
    embed_story(target, {path.name: path}, chunks, finished=finished, output=replacing(output))
    return read(output)


@pytest.fixture
def write(tmp_path):
    def save(name, wave, rate_hz, **settings):
        soundfile.write(tmp_path / name, wave, rate_hz, **settings)
        return tmp_path / name

    return save


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Give the correlation of two embeddings, each feature's mean taken off."""
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 96000])
def test_the_rate_of_a_file_hardly_matters(kind, rate_hz, write, tmp_path):
    expected = embed(kind, write("a.wav", speech_like(16000), 16000), tmp_path / "expected")
    found = embed(kind, write("b.wav", speech_like(rate_hz), rate_hz), tmp_path / "found")
    assert found.shape == expected.shape
    assert likeness(found, expected) > 0.9


@pytest.mark.parametrize("kind", TARGETS)
def test_stereo_is_the_mean_of_its_channels(kind, write, tmp_path):
    left = speech_like(16000)
    right = np.roll(left, 500)
    stereo = write("two.wav", np.stack([left, right], axis=1), 16000, subtype="DOUBLE")
    mono = write("one.wav", (left + right) / 2, 16000, subtype="DOUBLE")
    found, expected = embed(kind, stereo, tmp_path / "two"), embed(kind, mono, tmp_path / "one")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("kind", TARGETS)
def test_silence_and_clipping_give_finite_frames(kind, write, tmp_path):
    silence = embed(kind, write("s.wav", np.zeros(24000), 16000), tmp_path / "silence")
    assert np.isfinite(silence).all()
    clipped = np.clip(50 * speech_like(16000), -1, 1)
    loud = embed(kind, write("c.wav", clipped, 16000), tmp_path / "clipped")
    assert np.isfinite(loud).all() and loud.std() > 0
    assert loud.shape == silence.shape
    if kind == "mel":
        assert (silence == -5).all()


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_a_file_of_one_sample_is_merged_but_holds_no_chunk(rate_hz, write):
    tiny_file, usual = write("t.wav", [0.5], rate_hz), write("u.wav", speech_like(16000), 16000)
    audio, wavs = merge_audio([tiny_file, usual], rate_hz=16000)
    assert list(wavs["sample_count"]) == [int(16000 / rate_hz), 24000]
    assert len(audio) == wavs["sample_count"].sum()
    onsets = pd.DataFrame({"recording": "r", "wav": ["t.wav", "u.wav"], "onset_s": [1.0, 2.0]})
    blocks = pd.DataFrame({"recording": ["r"], "block": 0, "split": "train", "start_s": 0.0})
    chunks = chunk_audio(blocks.assign(stop_s=np.inf), onsets, wavs)
    assert list(chunks["wav"]) == ["u.wav"]


def test_a_story_of_one_sample_is_a_sentence(write, tmp_path):
    with pytest.raises(InputError, match=r"t\.wav.*longer than 0\.1 s"):
        embed("mel", write("t.wav", [0.5], 16000), tmp_path)
