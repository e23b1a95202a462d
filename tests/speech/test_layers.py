"""What is handed to fairseq, and what the comparison says where fairseq is missing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from speech_decoding.speech.checkpoints import read_checkpoint
from speech_decoding.speech.layers import compute_layers
from tests.speech import tiny_wav2vec2 as tiny

SCRIPT = Path(__file__).parents[2] / "workflow_scripts" / "compare_with_fairseq.py"
EXPECTED = tiny.expected()


def test_layers_are_fairseqs_of_the_same_samples():
    """The golden waveform lies inside a longer story, as a chunk among others."""
    waveform = EXPECTED["waveform"]
    seconds = len(waveform) / 16000
    audio = {"s": np.concatenate([np.ones(8000, np.float32), waveform, np.ones(16000 * 40)])}
    wavs = pd.DataFrame(
        {"wav": ["a.wav", "b.wav"], "first_sample": [0, 8000], "sample_count": [8000, 2_000_000]}
    )
    wavs["duration_s"] = wavs["sample_count"] / 16000
    begin_s = [0.0, 0.0, seconds]
    chunks = pd.DataFrame({"story": "s", "wav": ["a.wav", "b.wav", "b.wav"], "start_s": begin_s})
    chunks["stop_s"] = [0.5, seconds, seconds + 35]
    found = compute_layers(
        read_checkpoint(tiny.XLSR_LIKE), {"s": audio["s"].astype(np.float32)}, {"s": wavs}, chunks
    )
    assert found["chunks"].tolist() == ["a.wav 0.00 to 0.50 s", f"b.wav 0.00 to {seconds:.2f} s"]
    np.testing.assert_array_equal(found["1/waveform"], waveform)
    for name in ("conv", "layer1", "layer2", "layer3", "layer4"):
        expected = EXPECTED[f"whole_{name}"]
        np.testing.assert_allclose(found[f"1/{name}"], expected, rtol=0, atol=2e-5)


def test_the_only_chunk_is_taken_however_long():
    audio = {"s": np.random.default_rng(0).standard_normal(35 * 16000).astype(np.float32)}
    wavs = pd.DataFrame({"wav": ["a.wav"], "first_sample": [0], "sample_count": [35 * 16000]})
    chunks = pd.DataFrame({"story": ["s"], "wav": "a.wav", "start_s": 0.0, "stop_s": 35.0})
    found = compute_layers(read_checkpoint(tiny.XLSR_LIKE), audio, {"s": wavs}, chunks)
    assert found["0/layer4"].shape == (1749, 64)


@pytest.mark.skipif(importlib.util.find_spec("fairseq") is not None, reason="fairseq is here")
def test_an_environment_without_fairseq_is_a_sentence(tmp_path):
    output = tmp_path / "fairseq.json"
    paths = ["--layers", "l.npz", "--checkpoint", "c.pt", "--output", str(output)]
    done = subprocess.run([sys.executable, str(SCRIPT), *paths], capture_output=True, text=True)
    assert done.returncode != 0
    assert "make setup-fairseq" in done.stderr and "Traceback" not in done.stderr
    assert not output.exists()
