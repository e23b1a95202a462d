"""A story that no used recording heard: its audio and its embedding are valid, and empty."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plumbing.files import replacing
from plumbing.results import AUDIO, CHECKS, WAVS, Results
from speech_decoding.speech.audio import merge_audio
from speech_decoding.speech.embedding import embed_story
from speech_decoding.speech.finished import FinishedChunks
from speech_decoding.speech.targets import load_target

SCRIPT = Path(__file__).parents[2] / "workflow_scripts/merge_audio.py"
VERDICTS = pd.DataFrame(
    {"story": ["heard", "heard", "unheard"], "verdict": ["excluded", "warning", "excluded"]}
)


def merge(folder: Path, story: str) -> subprocess.CompletedProcess[str]:
    """Run merge_audio on a file that is missing."""
    Results(folder).write(CHECKS, VERDICTS)
    words = [f"{story}_0.wav", "--story", story, "--results", str(folder)]
    run = [sys.executable, str(SCRIPT), *words, "--settings", '{"rate_hz": 16000}']
    return subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)


def test_what_nobody_heard_may_be_missing(tmp_path):
    result = merge(tmp_path, "unheard")
    assert result.returncode == 0, result.stderr
    assert "unheard: no used recording heard it" in result.stdout
    assert Results(tmp_path).read(AUDIO, story="unheard").shape == (0,)
    assert Results(tmp_path).read(WAVS, story="unheard").empty


def test_what_somebody_heard_may_not(tmp_path):
    result = merge(tmp_path, "heard")
    assert result.returncode == 2
    assert result.stderr.startswith("Error: heard_0.wav: expected ")
    assert not Results(tmp_path).path(AUDIO, story="heard").exists()


def test_an_empty_table_has_the_columns_of_any_other(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(1600, np.float32), 16000)
    _, one = merge_audio([tmp_path / "a.wav"], rate_hz=16000)
    waveform, none = merge_audio([], rate_hz=16000)
    assert waveform.dtype == np.float32
    pd.testing.assert_series_equal(none.dtypes, one.dtypes)


@pytest.mark.filterwarnings("error")
def test_no_chunk_is_embedded_as_no_frame(tmp_path):
    target = load_target("mel", n_mels=20)
    chunks = pd.DataFrame({"wav": ["a.wav"], "start_s": [0.0], "stop_s": [1.0]}).iloc[:0]
    finished, output = FinishedChunks(tmp_path / "unfinished", "test"), tmp_path / "out.npy"
    table = embed_story(target, {}, chunks, finished=finished, output=replacing(output))
    frames = np.load(output)
    assert frames.shape == (0, target.features) and frames.dtype == np.float32
    assert table["first_frame"].dtype == table["frame_count"].dtype == int and table.empty
