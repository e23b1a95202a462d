"""Validation, retrieval and embedding: right, and their time."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.evaluation.levels import AmongAll, Named
from speech_decoding.evaluation.retrieval import BATCH, retrieve
from speech_decoding.speech.targets.wav2vec2 import Target as MeanOfLayers
from speech_decoding.training.execution import prepare_device
from speech_decoding.training.losses import clip_scores
from tests.bench.clock import seconds_of, wait_for
from tests.bench.embedding import speech_like, write_checkpoint
from tests.bench.full_size import FEATURES, VALIDATION_SEGMENTS, FullSize, open_store, simulate
from tests.bench.retrieval import SAMPLES, cut_frames
from tests.gpu.figures import Figure, at_least, at_most
from tests.gpu.scale import Scale

LIMIT_S = 90
_COMPARED = 6


def measure(scale: Scale) -> Iterator[Figure]:
    """Validate, rank and embed."""
    yield from _validate(scale)
    yield from _retrieve(scale)
    yield from _embed(scale)


def _validate(scale: Scale) -> Iterator[Figure]:
    device = scale.device
    store = open_store(device, *simulate(scale.few_recordings, scale.minutes))
    for precision in ("bfloat16", "float32"):
        prepare_device(deterministic=True, threads=None, tf32=True)
        steps = FullSize(store, batch=scale.batch, precision=precision, **scale.decoder)
        batch_s = seconds_of(steps.validate, device, warm=scale.warm, count=scale.repeats)
        name = f"validation of {VALIDATION_SEGMENTS} segments in {precision}"
        yield Figure(name, VALIDATION_SEGMENTS / scale.batch * batch_s, "s")


def _retrieve(scale: Scale) -> Iterator[Figure]:
    """Rank estimates that hold a part of their own candidate, as good decoders' do."""
    device = scale.device
    prepare_device(deterministic=True, threads=None, tf32=False)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    generator = torch.Generator(device).manual_seed(0)
    frames = torch.randn(20 * SAMPLES, FEATURES, generator=generator, device=device)
    first = torch.randint(0, 19 * SAMPLES, (scale.candidates,), generator=generator, device=device)
    block = min(BATCH, scale.estimates)
    target = np.arange(block) % scale.candidates

    def cut(positions: np.ndarray) -> Tensor:
        return cut_frames(frames, first[torch.from_numpy(positions).to(device)])

    own = cut(target)
    estimates = own + 30 * torch.randn(own.shape, generator=generator, device=device)
    levels = {
        "segments": AmongAll(),
        "words": Named([number % 300 for number in range(scale.candidates)], device),
    }
    began_s = time.perf_counter()
    candidates = CandidateSpeech(cut, scale.candidates)
    wait_for(device)
    yield Figure(f"{scale.candidates} candidates cut", time.perf_counter() - began_s, "s")
    outcome = retrieve([estimates], candidates, target, levels)  # and warms up
    found = float(np.mean(outcome.ranks["segments"].rank <= 10))
    yield at_least("retrieved among the ten best", 100 * found, 99, "%")
    scores = candidates.scores(estimates[:_COMPARED])[:, :_COMPARED].cpu().double()
    expected = clip_scores(
        estimates[:_COMPARED].cpu().double(), cut(np.arange(_COMPARED)).cpu().double()
    )
    difference = float((scores - expected).norm() / expected.norm())
    yield at_most("scores: difference from float64", difference, 1e-5)
    blocks = max(1, scale.estimates // block)
    began_s = time.perf_counter()
    retrieve([estimates] * blocks, candidates, np.tile(target, blocks), levels)
    wait_for(device)
    name = f"retrieval of {blocks * block} segments among {scale.candidates}"
    yield Figure(name, time.perf_counter() - began_s, "s")
    if device.type == "cuda":
        yield Figure("memory at most", torch.cuda.max_memory_allocated() / 2**30, "GiB")


def _embed(scale: Scale) -> Iterator[Figure]:
    """Embed the same audio on both devices with a wav2vec 2.0 of random weights."""
    waveform = speech_like(scale.audio_s)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.pt"
        write_checkpoint(path, layers=scale.layers)
        layers = list(range(max(scale.layers - 10, 1), max(scale.layers - 5, 2)))
        devices = dict.fromkeys(["cpu", scale.device.type])
        embedded = []
        for device in devices:
            target = MeanOfLayers(checkpoint=path, layers=layers, device=device)
            embedded.append(target.embed(waveform))
    difference = np.linalg.norm(embedded[-1] - embedded[0]) / np.linalg.norm(embedded[0])
    yield at_most("embedding: difference between the devices", float(difference), 1e-4)
    embed_s = seconds_of(lambda: target.embed(waveform), scale.device, warm=1, count=3)
    yield Figure("embedding of an hour of audio, float32", 3600 / scale.audio_s * embed_s, "s")
