"""A folder of the transformers library: config.json beside the weights of a wav2vec 2.0."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture
from speech_decoding.speech.checkpoints.errors import CheckpointError, missing, shortened
from speech_decoding.speech.checkpoints.feature_extractor import read_object, reads_normalised
from speech_decoding.speech.checkpoints.naming import renamed_weights
from speech_decoding.speech.checkpoints.settings import Settings, check_convolutions
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
    for name in (*_WEIGHT_FILES, "config.json"):
        if (folder / name).is_symlink() and not (folder / name).exists():
            raise missing(folder / name, "a file, or a link to one")
    weight_file = next((folder / name for name in _WEIGHT_FILES if (folder / name).is_file()), None)
    if weight_file is None or not (folder / "config.json").is_file():
        raise CheckpointError(
            folder,
            expected=f"config.json and {' or '.join(_WEIGHT_FILES)}",
            found=", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "no file",
        )
    architecture = _architecture(folder)
    weights = renamed_weights(weight_file, _read_weights(weight_file), _torchaudio_name)
    return weight_file, architecture, weights


def _architecture(folder: Path) -> Wav2Vec2Architecture:
    """The architecture; a setting that is absent has the default of transformers."""
    path = folder / "config.json"
    config = read_object(path)
    if "model_type" not in config:
        raise CheckpointError(path, expected="an entry model_type", found="none")
    settings = Settings(path, config)
    settings.require(_SUPPORTED)
    convolutions = (
        settings.counts("conv_dim", (512,) * 7),
        settings.counts("conv_kernel", (10, 3, 3, 3, 3, 2, 2)),
        settings.counts("conv_stride", (5, 2, 2, 2, 2, 2, 2)),
    )
    lengths = [len(values) for values in convolutions]
    if len(set(lengths)) > 1:
        raise CheckpointError(
            path,
            expected="conv_dim, conv_kernel and conv_stride of one length",
            found=f"the lengths {', '.join(map(str, lengths))}",
        )
    return Wav2Vec2Architecture(
        extractor_mode=config.get("feat_extract_norm", "group") + "_norm",
        extractor_conv_layer_config=check_convolutions(path, zip(*convolutions, strict=True)),
        extractor_conv_bias=settings.flag("conv_bias", False),
        encoder_embed_dim=settings.count("hidden_size", 768),
        encoder_pos_conv_kernel=settings.count("num_conv_pos_embeddings", 128),
        encoder_pos_conv_groups=settings.count("num_conv_pos_embedding_groups", 16),
        encoder_num_layers=settings.count("num_hidden_layers", 12),
        encoder_num_heads=settings.count("num_attention_heads", 12),
        encoder_ff_interm_features=settings.count("intermediate_size", 3072),
        encoder_layer_norm_first=settings.flag("do_stable_layer_norm", False),
        normalize_waveform=reads_normalised(folder),
    )


def _read_weights(path: Path) -> dict[Any, Any]:
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


def _torchaudio_name(name: str) -> str | None:
    name = name.removeprefix("wav2vec2.")
    if name.startswith(_TRAINING_ONLY):
        return None
    if name.startswith("feature_projection."):
        return f"encoder.{name}"
    if name.startswith("encoder."):
        return f"encoder.transformer.{name.removeprefix('encoder.')}"
    return name
