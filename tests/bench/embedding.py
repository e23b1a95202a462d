"""Embedding speech with a network of XLSR-53's size: memory and time, beside plain torchaudio.

The weights are random, in the exact shapes of xlsr_53_56k.pt and in fairseq's layout, written to a
temporary folder (1.3 GB) and deleted afterwards. Layers 14 to 18 are asked for, as in the paper.

* Loading: largest resident size of a process that loads the network and reads every weight.
* Time: all variants take turns in one process; the best of several rounds counts, because whatever
  else runs on the machine only makes one slower. Plain torchaudio is `extract_features` of all
  layers on 6 s at a time.
* Extra memory: largest resident size while one chunk of 60 or 180 s is embedded, above what is
  resident after a short one, less the embedding itself; and while a story of 60 or 240 s is
  embedded in blocks.
* Passes: a chunk longer than window_s, in overlapping passes against one single pass.

    python -m tests.bench.embedding [--seconds 60] [--rounds 3]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from plumbing.files import replacing
from speech_decoding.speech.checkpoints import read_checkpoint
from speech_decoding.speech.embedding import embed_story
from speech_decoding.speech.finished import FinishedChunks
from speech_decoding.speech.targets.wav2vec2 import Target as MeanOfLayers
from speech_decoding.speech.wav2vec2 import build_model

RATE_HZ, BLOCK_S = 16_000, 6
DTYPES = ("float32", "bfloat16")
CHANNELS, FEATURES, INNER, LAYERS, HEADS = 512, 1024, 4096, 24, 16
CONVOLUTIONS = [(10, 5)] + [(3, 2)] * 4 + [(2, 2)] * 2  # kernel, stride
POSITIONAL_KERNEL, POSITIONAL_GROUPS = 128, 16

# What is asked of the figures.
LARGEST_LOAD, LEAST_SPEEDUP, LARGEST_GROWTH_MIB = 1.3, 1.8, 64


def write_checkpoint(path: Path, *, layers: int = LAYERS) -> int:
    """Write the network, of so many layers; returns the bytes of its weights."""
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for name, shape in _shapes(layers).items():
        if name.endswith("bias"):
            weights[name] = torch.zeros(shape)
        elif "norm" in name or ".2.1." in name:
            weights[name] = torch.ones(shape)
        elif name.endswith("weight_g"):
            weights[name] = torch.full(shape, 10.0)
        else:
            fan_in = int(np.prod(shape[1:]))
            weights[name] = torch.randn(shape, generator=generator) / fan_in**0.5
    model = {
        "_name": "wav2vec2",
        "extractor_mode": "layer_norm",
        "encoder_layers": layers,
        "encoder_embed_dim": FEATURES,
        "encoder_ffn_embed_dim": INNER,
        "encoder_attention_heads": HEADS,
        "layer_norm_first": True,
        "conv_bias": True,
        "conv_feature_layers": str([(CHANNELS, *layer) for layer in CONVOLUTIONS]),
        "conv_pos": POSITIONAL_KERNEL,
        "conv_pos_groups": POSITIONAL_GROUPS,
    }
    task = {"_name": "audio_pretraining", "sample_rate": RATE_HZ, "normalize": True}
    torch.save({"args": None, "cfg": {"model": model, "task": task}, "model": weights}, path)
    return sum(weight.nbytes for weight in weights.values())


def _shapes(layers: int) -> dict[str, tuple[int, ...]]:
    shapes = {}

    def add(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]

    inputs = 1
    for index, (kernel, _) in enumerate(CONVOLUTIONS):
        add(f"feature_extractor.conv_layers.{index}.0", CHANNELS, inputs, kernel)
        add(f"feature_extractor.conv_layers.{index}.2.1", CHANNELS)
        inputs = CHANNELS
    add("layer_norm", CHANNELS)
    add("post_extract_proj", FEATURES, CHANNELS)
    direction = (FEATURES, FEATURES // POSITIONAL_GROUPS, POSITIONAL_KERNEL)
    shapes["encoder.pos_conv.0.bias"] = (FEATURES,)
    shapes["encoder.pos_conv.0.weight_g"] = (1, 1, POSITIONAL_KERNEL)
    shapes["encoder.pos_conv.0.weight_v"] = direction
    for layer in range(layers):
        for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
            add(f"encoder.layers.{layer}.self_attn.{projection}", FEATURES, FEATURES)
        add(f"encoder.layers.{layer}.self_attn_layer_norm", FEATURES)
        add(f"encoder.layers.{layer}.fc1", INNER, FEATURES)
        add(f"encoder.layers.{layer}.fc2", FEATURES, INNER)
        add(f"encoder.layers.{layer}.final_layer_norm", FEATURES)
    add("encoder.layer_norm", FEATURES)
    return shapes


def speech_like(seconds: float) -> np.ndarray:
    """Noise whose loudness changes a few times per second, float32 [samples]."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal(len(time_s))
    return (noise * (1.1 + np.sin(20 * time_s) + 0.5 * np.sin(3 * time_s))).astype(np.float32)


def measure_load(checkpoint: Path, dtype: str) -> dict[str, Any]:
    """Load the network and read every weight: resident MiB after the imports, and at most."""
    imported = _resident_mib("VmRSS")
    model = build_model(read_checkpoint(checkpoint), dtype=dtype, device="cpu")
    sum(float(parameter.sum()) for parameter in model.network.parameters())
    return {"imported": imported, "largest": _resident_mib("VmHWM")}


def measure_memory(checkpoint: Path, dtype: str, seconds: float) -> dict[str, Any]:
    """Embed one chunk in one piece of code: extra MiB at most, its embedding not counted."""
    target = MeanOfLayers(checkpoint=checkpoint, dtype=dtype, device="cpu")
    target.embed(speech_like(1))
    waveform = speech_like(seconds)
    before = _forget_peak()
    embedding = target.embed(waveform)
    return {"extra": _resident_mib("VmHWM") - before - embedding.nbytes / 2**20}


def measure_story(checkpoint: Path, seconds: float) -> dict[str, Any]:
    """Embed a story's file in blocks, as the workflow does: extra MiB at most."""
    import pandas as pd
    import soundfile

    begins_s = np.arange(0, seconds, BLOCK_S)
    chunks = pd.DataFrame({"wav": "story.wav", "start_s": begins_s, "stop_s": begins_s + BLOCK_S})
    target = MeanOfLayers(checkpoint=checkpoint, dtype="float32", device="cpu")
    target.embed(speech_like(BLOCK_S))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        soundfile.write(folder / "story.wav", speech_like(seconds) / 10, RATE_HZ)
        before = _forget_peak()
        embed_story(
            target,
            {"story.wav": folder / "story.wav"},
            chunks,
            finished=FinishedChunks(folder / "unfinished", "bench"),
            output=replacing(folder / "story.npy"),
        )
    return {"extra": _resident_mib("VmHWM") - before}


def measure_time(checkpoint: Path, seconds: float, rounds: int) -> dict[str, Any]:
    """Embed the same audio in every way: best seconds of each, and how far bf16 is from fp32."""
    waveform = speech_like(seconds)
    blocks = np.split(waveform, range(BLOCK_S * RATE_HZ, len(waveform), BLOCK_S * RATE_HZ))
    source = read_checkpoint(checkpoint)
    plain = build_model(source, device="cpu").network
    targets = {
        dtype: MeanOfLayers(checkpoint=checkpoint, dtype=dtype, device="cpu") for dtype in DTYPES
    }

    def torchaudio_alone(num_layers: int | None) -> None:
        with torch.inference_mode():
            for block in blocks:
                batch = torch.from_numpy(block)[None]
                batch = torch.nn.functional.layer_norm(batch, batch.shape)
                plain.extract_features(batch, num_layers=num_layers)

    variants = {
        "torchaudio": lambda: torchaudio_alone(None),
        "torchaudio_18": lambda: torchaudio_alone(18),
        **{
            f"{dtype}_{size}": lambda target=target, pieces=pieces: [
                target.embed(piece) for piece in pieces
            ]
            for dtype, target in targets.items()
            for size, pieces in (("blocks", blocks), ("whole", [waveform]))
        },
    }
    best = dict.fromkeys(variants, float("inf"))
    for _ in range(rounds):
        for name, variant in variants.items():
            began = time.perf_counter()
            variant()
            best[name] = min(best[name], time.perf_counter() - began)
    precise, coarse = (
        np.concatenate([target.embed(block) for block in blocks]) for target in targets.values()
    )
    return {"seconds": best, "bfloat16": _distance(precise, coarse)}


def measure_passes(checkpoint: Path, seconds: float) -> dict[str, Any]:
    """Embed a long chunk in passes of half its length and in one pass: how far they differ."""
    waveform = speech_like(seconds)
    whole, in_passes = (
        MeanOfLayers(checkpoint=checkpoint, window_s=window_s, device="cpu").embed(waveform)
        for window_s in (2 * seconds, seconds / 2)
    )
    return _distance(whole, in_passes)


def _distance(expected: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Root-mean-square difference over the standard deviation, and the correlation."""
    difference = float(np.sqrt(np.mean((found - expected) ** 2)) / expected.std())
    return {
        "relative": difference,
        "correlation": float(np.corrcoef(expected.ravel(), found.ravel())[0, 1]),
    }


def _forget_peak() -> float:
    """Let VmHWM start again; returns MiB that are resident."""
    Path("/proc/self/clear_refs").write_text("5")
    return _resident_mib("VmRSS")


def _resident_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def _measure(what: str, *arguments: object) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.embedding", "--one", what, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


_MEASUREMENTS = {
    "load": lambda path, dtype: measure_load(Path(path), dtype),
    "memory": lambda path, dtype, seconds: measure_memory(Path(path), dtype, float(seconds)),
    "story": lambda path, seconds: measure_story(Path(path), float(seconds)),
    "time": lambda path, seconds, rounds: measure_time(Path(path), float(seconds), int(rounds)),
    "passes": lambda path, seconds: measure_passes(Path(path), float(seconds)),
}


def report(checkpoint: Path, weights_bytes: int, seconds: float, rounds: int) -> bool:
    """Print every figure; returns whether all are as asked."""
    weights = weights_bytes / 2**20
    verdicts = []

    def judge(text: str, passed: bool) -> None:
        verdicts.append(passed)
        print(f"{'ok    ' if passed else 'MISSED'}  {text}")

    print(f"weights: {weights_bytes / 4e6:.1f} million, {weights:.0f} MiB in float32\n")
    for dtype in DTYPES:
        load = _measure("load", checkpoint, dtype)
        ratio = load["largest"] / weights
        judge(
            f"load, {dtype}: {load['largest']:.0f} MiB at most (imports {load['imported']:.0f}), "
            f"{ratio:.2f} of the weights (limit {LARGEST_LOAD})",
            ratio <= LARGEST_LOAD,
        )
    for dtype in DTYPES:
        extra = [_measure("memory", checkpoint, dtype, s)["extra"] for s in (60, 180)]
        judge(
            f"extra memory, {dtype}: {extra[0]:.0f} MiB for a chunk of 60 s, "
            f"{extra[1]:.0f} MiB for one of 180 s",
            extra[1] - extra[0] <= LARGEST_GROWTH_MIB,
        )
    extra = [_measure("story", checkpoint, s)["extra"] for s in (60, 240)]
    judge(
        f"extra memory, float32: {extra[0]:.0f} MiB for a story of 60 s in blocks of {BLOCK_S} s, "
        f"{extra[1]:.0f} MiB for one of 240 s",
        extra[1] - extra[0] <= LARGEST_GROWTH_MIB,
    )
    timed = _measure("time", checkpoint, seconds, rounds)
    best = timed["seconds"]
    for size in ("blocks", "whole"):
        precise, coarse = best[f"float32_{size}"], best[f"bfloat16_{size}"]
        how = f"in blocks of {BLOCK_S} s" if size == "blocks" else "as one chunk"
        judge(
            f"{seconds:g} s {how}, float32: {precise:.1f} s; torchaudio in blocks: "
            f"{best['torchaudio']:.1f} s ({best['torchaudio_18']:.1f} s if it stops at layer 18)",
            precise <= best["torchaudio"],
        )
        text = (
            f"{seconds:g} s {how}, bfloat16: {coarse:.1f} s, {precise / coarse:.2f} times as fast"
        )
        if size == "blocks" and _has_bfloat16():
            judge(f"{text} (limit {LEAST_SPEEDUP})", precise / coarse >= LEAST_SPEEDUP)
        else:
            print(f"        {text}")
    print(f"        bfloat16 against float32: {_told(timed['bfloat16'])}")
    passes = _measure("passes", checkpoint, 2 * seconds)
    print(f"        {2 * seconds:g} s in passes of {seconds:g} s against one: {_told(passes)}")
    return all(verdicts)


def _told(distance: dict[str, float]) -> str:
    return (
        f"difference {distance['relative']:.2g} standard deviations, "
        f"correlation {distance['correlation']:.6f}"
    )


def _has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself (AVX512-BF16 or AMX)."""
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text() if cpu.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of audio")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    if arguments.one:
        what, *others = arguments.one
        print(json.dumps(_MEASUREMENTS[what](*others)))
        return
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "xlsr_shaped.pt"
        weights_bytes = write_checkpoint(checkpoint)
        passed = report(checkpoint, weights_bytes, arguments.seconds, arguments.rounds)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
