"""The tiny speech model: the published layout, and embeddings that tell segments apart."""

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly

from simulation.checkpoint import write_tiny_checkpoint
from simulation.speech import synthesise
from simulation.stories import write_story
from speech_decoding.speech.targets.wav2vec2 import Target as MeanOfLayers

SEED = 5
WINDOW = 150  # frames, 3 s


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    write_tiny_checkpoint(path, seed=SEED)
    return path


@pytest.fixture(scope="module")
def waveform() -> np.ndarray:
    sentences = write_story("night_ferry", seed=1, duration_s=40, pause_s=0)
    texts = [(one.text, one.voice, one.words_per_minute) for one in sentences]
    joined = np.concatenate([utterance.waveform for utterance in synthesise(texts)])
    return resample_poly(joined, 320, 441).astype(np.float32)


def test_layout_is_that_of_the_published_file(path, pytestconfig):
    golden_path = pytestconfig.rootpath / "tests" / "golden" / "fairseq" / "tiny_cfg_xlsrlike.pt"
    golden, ours = (torch.load(one, weights_only=True) for one in (golden_path, path))
    assert list(ours) == list(golden)
    assert ours["args"] is None
    for block in ("model", "task"):
        assert ours["cfg"][block].keys() <= golden["cfg"][block].keys()
        differing = {
            key for key, value in ours["cfg"][block].items() if golden["cfg"][block][key] != value
        }
        assert differing <= {"encoder_layers", "encoder_attention_heads", "conv_feature_layers"}
    shapes = {name: weight.shape for name, weight in ours["model"].items()}
    for name, weight in golden["model"].items():
        assert shapes.pop(name) == weight.shape
    assert {name.split(".")[2] for name in shapes} == {"4", "5"}  # two more layers


def test_same_seed_same_bytes(path, tmp_path):
    write_tiny_checkpoint(tmp_path / "again.pt", seed=SEED)
    write_tiny_checkpoint(tmp_path / "other.pt", seed=SEED + 1)
    assert (tmp_path / "again.pt").read_bytes() == path.read_bytes()
    assert (tmp_path / "other.pt").read_bytes() != path.read_bytes()


@pytest.fixture(scope="module")
def model(path) -> MeanOfLayers:
    return MeanOfLayers(checkpoint=path, layers=(3, 4, 5))


def test_embedding_varies_with_the_sound(model, waveform):
    frames = model.embed(waveform)
    assert frames.shape == ((len(waveform) - 400) // 320 + 1, 64)
    # Targets are standardised by one mean and one deviation (protocol 3.1): the frames must differ
    # more from each other than the features do.
    assert frames.var(axis=0).sum() > 0.6 * ((frames - frames.mean()) ** 2).mean(axis=0).sum()


def test_segments_are_found_again_in_noise(model, waveform):
    noise = np.random.default_rng(0).normal(size=len(waveform)).astype(np.float32)
    clean, noisy = model.embed(waveform), model.embed(waveform + 0.1 * waveform.std() * noise)
    starts = range(0, len(clean) - WINDOW, WINDOW // 3)
    segments = np.array([clean[start : start + WINDOW].ravel() for start in starts])
    heard = np.array([noisy[start : start + WINDOW].ravel() for start in starts])
    likeness = np.corrcoef(heard, segments)[: len(starts), len(starts) :]
    assert len(starts) > 30
    assert (likeness.argmax(axis=1) == np.arange(len(starts))).mean() > 0.9


def test_embedding_follows_the_spectrum(model):
    rate_hz = 16000
    time_s = np.arange(rate_hz) / rate_hz
    tones = [np.sin(2 * np.pi * hz * time_s) for hz in (200, 800, 3200)]
    waveform = np.concatenate(tones).astype(np.float32)
    frames = model.embed(waveform)
    parts = [frames[10 + 50 * part : 40 + 50 * part] for part in range(3)]
    within = np.mean([part.var(axis=0).sum() for part in parts])
    between = np.var([part.mean(axis=0) for part in parts], axis=0).sum()
    assert between > 3 * within


def test_script_writes_it_with_or_without_settings(path, tmp_path, run_script):
    output = tmp_path / "weights" / "tiny.pt"
    run_script("simulate_checkpoint", "--output", str(output), settings={})
    assert torch.load(output, weights_only=True)["cfg"]["model"]["encoder_layers"] == 6
    run_script("simulate_checkpoint", "--output", str(output), settings={"seed": SEED})
    assert output.read_bytes() == path.read_bytes()
