"""Embedding a story: each chunk alone, once, and kept through an interruption."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from plumbing.errors import InputError
from plumbing.files import read, replacing
from plumbing.results import CHUNKS as CHUNK_TABLE
from plumbing.results import EMBEDDING, FRAME_TIMES, FRAMES, UNFINISHED, Results
from speech_decoding.speech.embedding import embed_story
from speech_decoding.speech.finished import FinishedChunks
from speech_decoding.speech.targets import load_target
from tests.speech import tiny_wav2vec2 as tiny

SCRIPT = Path(__file__).parents[2] / "workflow_scripts" / "embed_speech.py"
RATE_HZ = 16000
# Blocks of three splits; the last ends beyond the audio, as rounding may have it.
CHUNKS = pd.DataFrame(
    {
        "story": "s",
        "wav": ["a.wav", "a.wav", "a.wav", "b.wav", "b.wav"],
        "start_s": [0.0, 1.2345, 2.5, 0.25, 1.75],
        "stop_s": [1.2345, 2.5, 3.75, 1.75, 2.50004],
        "block": range(5),
        "split": ["train", "test", "valid", "test", "train"],
    }
)
TARGETS = {
    "wav2vec2": {"checkpoint": str(tiny.XLSR_LIKE), "layers": [2, 4]},
    # Passes shorter than the chunks.
    "wav2vec2 in passes": {
        "checkpoint": str(tiny.XLSR_LIKE),
        "layers": [2],
        "window_s": 0.8,
        "context_s": 0.2,
    },
    "wav2vec2_features": {"checkpoint": str(tiny.XLSR_LIKE)},
    "mel": {"n_mels": 40},
}


def noise(count: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(count).astype(np.float32)


def write_wavs(folder: Path, audio: np.ndarray, rate_hz: int) -> dict[str, Path]:
    """Write the two files of a story of 6.25 s."""
    folder.mkdir()
    for name, part in zip(["a.wav", "b.wav"], np.split(audio, [len(audio) * 3 // 5]), strict=True):
        soundfile.write(folder / name, part, rate_hz, subtype="FLOAT")
    return {path.name: path for path in folder.iterdir()}


def embed(target, audio, folder, chunks=CHUNKS, *, made_with="one", rate_hz=RATE_HZ):
    beside = Path(tempfile.mkdtemp(dir=folder.parent))
    wavs, finished = write_wavs(beside / "audio", audio, rate_hz), FinishedChunks(folder, made_with)
    output = beside / "frames.npy"
    table = embed_story(target, wavs, chunks, finished=finished, output=replacing(output))
    return read(output, mapped=False), table


@pytest.fixture(scope="module", params=TARGETS)
def target(request):
    return load_target(request.param.split()[0], **TARGETS[request.param])


def test_every_chunk_is_embedded_as_if_it_were_alone(target, tmp_path):
    audio = noise(100000)
    frames, table = embed(target, audio, tmp_path)
    assert frames.dtype == np.float32
    assert table["frame_count"].sum() == len(frames)
    for row in table.itertuples():
        first = {"a.wav": 0, "b.wav": 60000}[row.wav]
        begin = first + round(row.start_s * RATE_HZ)
        end = min(first + round(row.stop_s * RATE_HZ), 60000 if row.wav == "a.wav" else 100000)
        own = frames[row.first_frame : row.first_frame + row.frame_count]
        assert own.tobytes() == target.embed(audio[begin:end]).tobytes()


@pytest.mark.parametrize("rate_hz", [16000, 22050, 44100])
def test_no_split_hears_another(target, rate_hz, tmp_path):
    """Another recording of one block, up to its borders, changes no frame of the others."""
    audio = noise(rate_hz * 25 // 4)
    frames, table = embed(target, audio, tmp_path / "before", rate_hz=rate_hz)
    block = slice(round(1.2345 * rate_hz), round(2.5 * rate_hz))
    perturbed = audio.copy()
    perturbed[block] = noise(block.stop - block.start, seed=1)
    others, _ = embed(target, perturbed, tmp_path / "after", rate_hz=rate_hz)
    for row in table.itertuples():
        own = slice(row.first_frame, row.first_frame + row.frame_count)
        same = frames[own].tobytes() == others[own].tobytes()
        assert same == (row.block != 1)


@pytest.mark.parametrize(("name", "reach_s"), [("wav2vec2_features", 0.0125), ("mel", 0.016)])
def test_a_frame_stands_for_the_middle_of_what_it_sees(name, reach_s, tmp_path):
    """A click changes the frame most whose time is nearest."""
    target = load_target(name, **TARGETS[name])
    audio = noise(100000)
    before, table = embed(target, audio, tmp_path)
    row = table.iloc[3]  # b.wav from 0.25 s
    own = slice(row["first_frame"], row["first_frame"] + row["frame_count"])
    late_s = []
    for click_s in 0.8 + 0.0037 * np.arange(12):
        clicked = audio.copy()
        clicked[60000 + round(click_s * RATE_HZ)] += 8
        after, _ = embed(target, clicked, tmp_path)
        changed = np.abs(after - before)[own].mean(axis=1).argmax()
        late_s.append(row["first_frame_s"] + changed * row["frame_step_s"] - click_s)
    assert np.abs(late_s).max() <= reach_s
    assert abs(np.mean(late_s)) < 0.2 * row["frame_step_s"]


class Interrupted(Exception):
    pass


class CountingTarget:
    """The mel spectrum, stopped after some chunks."""

    def __init__(self, limit=100):
        self.inner = load_target("mel", n_mels=20)
        self.limit, self.calls = limit, 0
        self.silence, self.features = self.inner.silence, self.inner.features
        self.first_frame_s, self.frame_step_s = self.inner.first_frame_s, self.inner.frame_step_s

    def embed(self, waveform):
        if self.calls == self.limit:
            raise Interrupted
        self.calls += 1
        return self.inner.embed(waveform)


def test_finished_chunks_survive_an_interruption(tmp_path):
    audio = noise(100000)
    whole, _ = embed(CountingTarget(), audio, tmp_path / "whole")
    with pytest.raises(Interrupted):
        embed(CountingTarget(limit=3), audio, tmp_path / "kept")
    rest = CountingTarget()
    resumed, _ = embed(rest, audio, tmp_path / "kept")
    assert rest.calls == len(CHUNKS) - 3
    assert resumed.tobytes() == whole.tobytes()


def test_chunks_of_other_settings_weights_code_or_audio_are_not_taken(tmp_path):
    audio = noise(100000)
    embed(CountingTarget(), audio, tmp_path)
    again = CountingTarget()
    embed(again, audio, tmp_path)
    assert again.calls == 0
    other = CountingTarget()
    embed(other, audio, tmp_path, made_with="two")
    assert other.calls == len(CHUNKS)
    changed = audio.copy()
    changed[30000] += 0.5  # in the second chunk
    one = CountingTarget()
    embed(one, changed, tmp_path)
    assert one.calls == 1


def test_a_damaged_chunk_is_embedded_again(tmp_path):
    audio = noise(100000)
    whole, _ = embed(CountingTarget(), audio, tmp_path)
    damaged = sorted(tmp_path.iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-7])
    target = CountingTarget()
    again, _ = embed(target, audio, tmp_path)
    assert target.calls == 1
    assert again.tobytes() == whole.tobytes()


def test_a_chunk_without_a_frame_is_a_sentence(tmp_path):
    chunks = CHUNKS.assign(stop_s=CHUNKS["start_s"] + 0.01)
    with pytest.raises(InputError, match="at least 400 samples, all finite, found 160 samples"):
        target = load_target("wav2vec2", **TARGETS["wav2vec2"])
        embed(target, noise(100000), tmp_path, chunks)


def test_an_embedding_that_is_not_finite_is_a_sentence(tmp_path):
    """Weights may be finite and their products not."""
    state = tiny.state()
    for name in ("encoder.layers.0.fc1.weight", "encoder.layers.0.fc2.weight"):
        state["model"][name].mul_(1e30)
    torch.save(state, tmp_path / "large.pt")
    target = load_target("wav2vec2", checkpoint=str(tmp_path / "large.pt"), layers=[2])
    with pytest.raises(InputError, match=r"a\.wav, 0\.00 to 1\.23 s: .* found .* % that are not"):
        embed(target, noise(100000), tmp_path)


NAMES = (EMBEDDING, FRAMES, FRAME_TIMES)


def results_of(folder: Path) -> Results:
    return Results(folder, embedding="wav2vec2", story="s")


def command(wav: Path, results: Results) -> list[str]:
    settings = {"target": "wav2vec2"} | TARGETS["wav2vec2"]
    wildcards = [f"--{name}={value}" for name, value in results.wildcards.items()]
    others = ["--results", str(results.folder), "--threads", "1"]
    settings_given = ["--settings", json.dumps(settings)]
    return [sys.executable, str(SCRIPT), str(wav), *wildcards, *others, *settings_given]


def write_story(folder: Path, chunk_count: int, *studies: Results) -> Path:
    """Write the audio of a story, and its chunks into the results of studies."""
    samples = 4000 * chunk_count
    start_s = 0.25 * np.arange(chunk_count)
    chunks = {"story": "s", "wav": "a.wav", "start_s": start_s, "stop_s": start_s + 0.25}
    soundfile.write(folder / "a.wav", noise(samples), RATE_HZ, subtype="FLOAT")
    for results in studies:
        results.write(CHUNK_TABLE, pd.DataFrame(chunks).assign(split="train"))
    return folder / "a.wav"


def test_a_killed_run_is_continued_to_the_same_bytes(tmp_path):
    whole, killed = results_of(tmp_path / "whole"), results_of(tmp_path / "killed")
    wav = write_story(tmp_path, 160, whole, killed)
    subprocess.run(command(wav, whole), check=True, capture_output=True)
    record = whole.read(EMBEDDING)
    assert record["checkpoint"]["size_bytes"] == tiny.XLSR_LIKE.stat().st_size
    assert len(record["checkpoint"]["sha256"]) == 64
    assert (record["layers"], record["frame_hz"], record["features"]) == ([2, 4], 50.0, 64)

    unfinished = killed.path(UNFINISHED)
    process = subprocess.Popen(command(wav, killed), stderr=subprocess.DEVNULL)
    while process.poll() is None and not (unfinished.is_dir() and len(os.listdir(unfinished)) > 10):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = list(unfinished.glob("[!.]*.npy"))
    assert 10 <= len(kept) < 160
    assert not killed.path(FRAMES).exists()

    resumed = subprocess.Popen(command(wav, killed), stderr=subprocess.PIPE, text=True)
    _, progress = resumed.communicate()
    assert resumed.returncode == 0
    assert "of 40 s of audio" in progress
    left = {path.name for path in unfinished.parent.glob("[!.]*")}
    assert left == {killed.path(name).name for name in NAMES}
    for name in NAMES:
        assert killed.path(name).read_bytes() == whole.path(name).read_bytes()


def test_the_script_lets_no_block_hear_another(tmp_path):
    before, after = results_of(tmp_path / "before"), results_of(tmp_path / "after")
    wav = write_story(tmp_path, 6, before, after)
    subprocess.run(command(wav, before), check=True)
    audio, _ = soundfile.read(wav, dtype="float32")
    audio[8000:12000] = noise(4000, seed=1)
    soundfile.write(wav, audio, RATE_HZ, subtype="FLOAT")
    subprocess.run(command(wav, after), check=True)
    frames = [results.read(FRAMES) for results in (before, after)]
    for row in after.read(FRAME_TIMES).itertuples():
        own = slice(row.first_frame, row.first_frame + row.frame_count)
        same = frames[0][own].tobytes() == frames[1][own].tobytes()
        assert same == (row.start_s != 0.5)
