"""A tiny wav2vec 2.0 with random weights, in the file layout of fairseq's xlsr_53_56k.pt.

Nobody trained it, so its weights are drawn in a way that keeps the detail of speech: two random
convolutions tell spectra apart and the others average over time; the offset of the frames, which a
random network makes large, is taken off with the help of spoken sentences.
"""

import io
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from plumbing.files import replacing
from simulation import speech
from simulation.seeding import generator
from simulation.stories import write_story
from speech_decoding.speech.torchaudio_guard import torchaudio

# Kernels and strides of every published model: a frame each 320 samples at 16 kHz.
_RATE_HZ = 16000
_CONVOLUTIONS = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))
_RANDOM_CONVOLUTIONS = 2
_POSITIONAL_KERNEL, _POSITIONAL_GROUPS = 128, 16
_POSITIONAL_GAIN, _POSITIONAL_WIDTH_FRAMES = 5.0, 2.0
_CODEBOOKS, _CODES, _PROJECTION = 2, 32, 32
_REFERENCE_SPEECH_S = 12.0


def write_tiny_checkpoint(
    path: Path,
    *,
    seed: int = 0,
    layers: int = 6,
    dimension: int = 64,
    channels: int = 32,
    heads: int = 4,
) -> None:
    """Write the checkpoint; equal settings give equal bytes.

    Parameters: layers, number of transformer layers; dimension of the embedding, a multiple of 16
    and of heads; channels of the convolutions.
    """
    random = generator(seed, "checkpoint")
    weights: OrderedDict[str, np.ndarray] = OrderedDict()
    weights["mask_emb"] = _normal(random, dimension)
    _add_convolutions(weights, random, channels)
    weights["post_extract_proj.weight"] = _normal(random, dimension, channels, fan_in=channels)
    weights["post_extract_proj.bias"] = np.zeros(dimension, np.float32)
    _add_quantizer(weights, random, channels)
    _add_positions(weights, random, dimension)
    for layer in range(layers):
        _add_layer(weights, f"encoder.layers.{layer}.", random, dimension)
    _add_norm(weights, "encoder.layer_norm.", dimension)
    _add_norm(weights, "layer_norm.", channels)
    _add_linear(weights, "final_proj.", random, _PROJECTION, dimension)

    tensors = OrderedDict((name, torch.from_numpy(value)) for name, value in weights.items())
    _standardise_frames(tensors, _reference_speech(seed))
    checkpoint = {
        "args": None,
        "cfg": _settings(layers, dimension, channels, heads),
        "model": tensors,
        "optimizer_history": [],
        "extra_state": {},
        "task_state": {},
        "last_optimizer_state": None,
    }
    archive = io.BytesIO()  # torch names the entries after the file, but not after a buffer
    torch.save(checkpoint, archive)
    with replacing(path) as temporary:
        temporary.write_bytes(archive.getvalue())


def _settings(layers: int, dimension: int, channels: int, heads: int) -> dict[str, dict]:
    triples = [(channels, kernel, stride) for kernel, stride in _CONVOLUTIONS]
    return {
        "common": {"seed": 1, "fp16": False},
        "model": {
            "_name": "wav2vec2",
            "extractor_mode": "layer_norm",
            "encoder_layers": layers,
            "encoder_embed_dim": dimension,
            "encoder_ffn_embed_dim": 2 * dimension,
            "encoder_attention_heads": heads,
            "activation_fn": "gelu",
            "layer_type": "transformer",
            "dropout": 0.0,
            "attention_dropout": 0.0,
            "activation_dropout": 0.0,
            "encoder_layerdrop": 0.0,
            "dropout_input": 0.0,
            "dropout_features": 0.0,
            "final_dim": _PROJECTION,
            "layer_norm_first": True,
            "conv_feature_layers": str(triples),
            "conv_bias": True,
            "quantize_targets": True,
            "quantize_input": False,
            "latent_vars": _CODES,
            "latent_groups": _CODEBOOKS,
            "latent_dim": 0,
            "conv_pos": _POSITIONAL_KERNEL,
            "conv_pos_groups": _POSITIONAL_GROUPS,
            "pos_conv_depth": 1,
            "fp16": False,
        },
        "task": {"_name": "audio_pretraining", "sample_rate": _RATE_HZ, "normalize": True},
        "criterion": {"_name": "wav2vec", "infonce": True},
    }


def _add_convolutions(weights: dict, random: np.random.Generator, channels: int) -> None:
    inputs = 1
    for index, (kernel, _) in enumerate(_CONVOLUTIONS):
        name = f"feature_extractor.conv_layers.{index}."
        if index < _RANDOM_CONVOLUTIONS:
            weight = _normal(random, channels, inputs, kernel, fan_in=inputs * kernel / 2)
        else:
            mixing = _normal(random, channels, inputs, 1, fan_in=inputs / 2)
            weight = np.repeat(mixing / kernel, kernel, axis=2)
        weights[name + "0.weight"] = weight
        weights[name + "0.bias"] = np.zeros(channels, np.float32)
        _add_norm(weights, name + "2.1.", channels)
        inputs = channels


def _add_positions(weights: dict, random: np.random.Generator, dimension: int) -> None:
    """Let the positional convolution mix features over some 100 ms.

    fairseq stores it as directions and, for each tap, a length.
    """
    inputs = dimension // _POSITIONAL_GROUPS
    direction = np.repeat(_normal(random, dimension, inputs, 1), _POSITIONAL_KERNEL, axis=2)
    taps = np.arange(_POSITIONAL_KERNEL) - _POSITIONAL_KERNEL // 2
    bump = np.exp(-((taps / _POSITIONAL_WIDTH_FRAMES) ** 2) / 2)
    length = _POSITIONAL_GAIN * np.sqrt(dimension) * bump / bump.sum()
    weights["encoder.pos_conv.0.bias"] = np.zeros(dimension, np.float32)
    weights["encoder.pos_conv.0.weight_g"] = length.astype(np.float32)[np.newaxis, np.newaxis]
    weights["encoder.pos_conv.0.weight_v"] = direction


def _add_layer(weights: dict, name: str, random: np.random.Generator, dimension: int) -> None:
    for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
        _add_linear(weights, f"{name}self_attn.{projection}.", random, dimension, dimension)
    _add_norm(weights, f"{name}self_attn_layer_norm.", dimension)
    _add_linear(weights, f"{name}fc1.", random, 2 * dimension, dimension)
    _add_linear(weights, f"{name}fc2.", random, dimension, 2 * dimension)
    _add_norm(weights, f"{name}final_layer_norm.", dimension)


def _add_quantizer(weights: dict, random: np.random.Generator, channels: int) -> None:
    """Add what only pre-training uses; the published file holds it too."""
    codes = _CODEBOOKS * _CODES
    weights["quantizer.vars"] = _normal(random, 1, codes, _PROJECTION // _CODEBOOKS)
    _add_linear(weights, "quantizer.weight_proj.", random, codes, channels)
    _add_linear(weights, "project_q.", random, _PROJECTION, _PROJECTION)


def _add_linear(
    weights: dict, name: str, random: np.random.Generator, outputs: int, inputs: int
) -> None:
    weights[name + "weight"] = _normal(random, outputs, inputs, fan_in=inputs)
    weights[name + "bias"] = np.zeros(outputs, np.float32)


def _add_norm(weights: dict, name: str, size: int) -> None:
    weights[name + "weight"] = np.ones(size, np.float32)
    weights[name + "bias"] = np.zeros(size, np.float32)


def _normal(random: np.random.Generator, *shape: int, fan_in: float = 1.0) -> np.ndarray:
    return (random.normal(size=shape) / np.sqrt(fan_in)).astype(np.float32)


def _reference_speech(seed: int) -> torch.Tensor:
    """Speak a few sentences: [1, 1, samples] at 16 kHz, layer-normed."""
    sentences = write_story("reference", seed=seed, duration_s=_REFERENCE_SPEECH_S, pause_s=0)
    utterances = speech.synthesise(
        [(sentence.text, sentence.voice, sentence.words_per_minute) for sentence in sentences]
    )
    spoken = torch.from_numpy(np.concatenate([utterance.waveform for utterance in utterances]))
    waveform = torchaudio.functional.resample(spoken, speech.RATE_HZ, _RATE_HZ)
    return functional.layer_norm(waveform, waveform.shape)[None, None]


@torch.inference_mode()
def _standardise_frames(weights: dict[str, torch.Tensor], waveform: torch.Tensor) -> None:
    """Set the norm before the transformer so that speech has mean 0 and variance 1 there.

    Two decimals are kept: what a machine's rounding does to the sums must not reach the file.
    """
    features = waveform  # [1, channels, frames]
    for index, (_, stride) in enumerate(_CONVOLUTIONS):
        name = f"feature_extractor.conv_layers.{index}.0."
        features = functional.conv1d(
            features, weights[name + "weight"], weights[name + "bias"], stride=stride
        )
        frames = functional.layer_norm(features.mT, features.shape[1:2])
        features = functional.gelu(frames).mT
    frames = functional.layer_norm(features.mT, features.shape[1:2])[0]
    scale = 1 / frames.std(dim=0)
    weights["layer_norm.weight"] = scale.round(decimals=2)
    weights["layer_norm.bias"] = (-frames.mean(dim=0) * scale).round(decimals=2)
