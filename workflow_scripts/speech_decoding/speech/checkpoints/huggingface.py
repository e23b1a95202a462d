"""A folder of the transformers library: config.json beside the weights of a wav2vec 2.0."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture, check_settings
from speech_decoding.speech.checkpoints.errors import CheckpointError, shortened
from speech_decoding.speech.checkpoints.torch_files import read_torch_file

_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")

# Settings under which transformers builds something that torchaudio's network is not.
_SUPPORTED = {
    "model_type": ("wav2vec2",),
    "feat_extract_norm": ("group", "layer"),
    "feat_extract_activation": ("gelu",),
    "hidden_act": ("gelu",),
    "layer_norm_eps": (1e-5,),
    "adapter_attn_dim": (None,),
}

_TRAINING_ONLY = ("masked_spec_embed", "quantizer.", "project_q.", "project_hid.", "lm_head.")


def read_huggingface(
    folder: Path,
) -> tuple[Path, Wav2Vec2Architecture, dict[str, torch.Tensor]]:
    """File of the weights, architecture and weights (torchaudio's names) of a folder.

    Raises CheckpointError where the folder is incomplete or holds another model.
    """
    weight_file = next((folder / name for name in _WEIGHT_FILES if (folder / name).is_file()), None)
    if weight_file is None or not (folder / "config.json").is_file():
        raise CheckpointError(
            folder,
            expected=f"config.json and {' or '.join(_WEIGHT_FILES)}",
            found=", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "no file",
        )
    architecture = _architecture(folder)
    weights = {}
    for name, weight in _read_weights(weight_file).items():
        name = name.removeprefix("wav2vec2.")
        if not name.startswith(_TRAINING_ONLY):
            weights[_torchaudio_name(name)] = weight
    return weight_file, architecture, weights


def _architecture(folder: Path) -> Wav2Vec2Architecture:
    """The architecture; a setting that is absent has the default of transformers."""
    path = folder / "config.json"
    config = _read_object(path)
    if "model_type" not in config:
        raise CheckpointError(path, expected="an entry model_type", found="none")
    check_settings(path, config, _SUPPORTED)
    try:
        return Wav2Vec2Architecture(
            extractor_mode=config.get("feat_extract_norm", "group") + "_norm",
            extractor_conv_layer_config=tuple(
                zip(
                    config.get("conv_dim", (512,) * 7),
                    config.get("conv_kernel", (10, 3, 3, 3, 3, 2, 2)),
                    config.get("conv_stride", (5, 2, 2, 2, 2, 2, 2)),
                    strict=True,
                )
            ),
            extractor_conv_bias=bool(config.get("conv_bias", False)),
            encoder_embed_dim=int(config.get("hidden_size", 768)),
            encoder_pos_conv_kernel=int(config.get("num_conv_pos_embeddings", 128)),
            encoder_pos_conv_groups=int(config.get("num_conv_pos_embedding_groups", 16)),
            encoder_num_layers=int(config.get("num_hidden_layers", 12)),
            encoder_num_heads=int(config.get("num_attention_heads", 12)),
            encoder_ff_interm_features=int(config.get("intermediate_size", 3072)),
            encoder_layer_norm_first=bool(config.get("do_stable_layer_norm", False)),
            normalize_waveform=_normalizes(folder),
        )
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            path, expected="the settings of transformers' wav2vec 2.0", found=shortened(error)
        ) from error


def _normalizes(folder: Path) -> bool:
    """Whether the waveform is normalised first, which only the feature extractor's file tells."""
    path = folder / "preprocessor_config.json"
    settings = _read_object(path) if path.is_file() else {}
    check_settings(path, settings, {"sampling_rate": (16000,)})
    return bool(settings.get("do_normalize", True))


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError(f"a {type(value).__name__}")
    except (OSError, ValueError) as error:
        raise CheckpointError(path, expected="a JSON object", found=shortened(error)) from error
    return value


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix != ".safetensors":
        weights = read_torch_file(path)
        if not isinstance(weights, dict):
            raise CheckpointError(path, expected="a dict of weights", found=type(weights).__name__)
        return weights
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            path, expected="a complete safetensors file", found=shortened(error)
        ) from error


def _torchaudio_name(name: str) -> str:
    if name.startswith("feature_projection."):
        return f"encoder.{name}"
    if name.startswith("encoder."):
        return f"encoder.transformer.{name.removeprefix('encoder.')}"
    return name
