"""fairseq's checkpoints of wav2vec 2.0, pre-trained or fine-tuned with CTC.

The file is one dict. Its settings lie under `cfg`, as plain dicts (xlsr_53_56k.pt) or as omegaconf
containers, or under `args`, as one flat namespace (files of 2020); the weights lie under `model`.
A fine-tuned file holds the settings of the pre-trained model under `w2v_args`.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from speech_decoding.speech.checkpoints.architecture import Wav2Vec2Architecture
from speech_decoding.speech.checkpoints.errors import CheckpointError, shortened
from speech_decoding.speech.checkpoints.naming import renamed_weights
from speech_decoding.speech.checkpoints.settings import Settings, check_convolutions
from speech_decoding.speech.checkpoints.torch_files import Inert, plain, read_torch_file

_PRETRAINED = "wav2vec2"
_FINE_TUNED = "wav2vec_ctc"

# Settings under which fairseq builds something that torchaudio's network is not.
_SUPPORTED = {
    "extractor_mode": ("default", "layer_norm"),
    "activation_fn": ("gelu",),
    "layer_type": ("transformer",),
    "pos_conv_depth": (1,),
    "quantize_input": (False,),
}

_PUBLISHED_CONVOLUTIONS = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512, 2, 2)] * 2"
# Texts of that kind are shorter, and lists of that kind too.
_LONGEST_TEXT, _MOST_REPEATED = 1000, 100

_TRAINING_ONLY = re.compile(r"(mask_emb$|quantizer\.|project_q\.|final_proj\.|target_glu\.|proj\.)")

_LAYER = r"encoder\.layers\.(\d+)\."
_TORCHAUDIO_LAYER = r"encoder.transformer.layers.\1."
# The beginning of a name, in fairseq and in torchaudio.
_RENAMED = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"feature_extractor\.conv_layers\.(\d+)\.0\.", r"feature_extractor.conv_layers.\1.conv."),
        (
            r"feature_extractor\.conv_layers\.(\d+)\.2\.(1\.)?",
            r"feature_extractor.conv_layers.\1.layer_norm.",
        ),
        (r"layer_norm\.", "encoder.feature_projection.layer_norm."),
        (r"post_extract_proj\.", "encoder.feature_projection.projection."),
        (r"encoder\.pos_conv\.0\.", "encoder.transformer.pos_conv_embed.conv."),
        (r"encoder\.layer_norm\.", "encoder.transformer.layer_norm."),
        (_LAYER + r"self_attn\.", _TORCHAUDIO_LAYER + "attention."),
        (_LAYER + r"self_attn_layer_norm\.", _TORCHAUDIO_LAYER + "layer_norm."),
        (_LAYER + r"fc1\.", _TORCHAUDIO_LAYER + "feed_forward.intermediate_dense."),
        (_LAYER + r"fc2\.", _TORCHAUDIO_LAYER + "feed_forward.output_dense."),
        (_LAYER + r"final_layer_norm\.", _TORCHAUDIO_LAYER + "final_layer_norm."),
    )
]


def read_fairseq(path: Path) -> tuple[str, Wav2Vec2Architecture, dict[str, torch.Tensor]]:
    """Layout, architecture and weights (torchaudio's names) of a fairseq checkpoint.

    Raises CheckpointError where the file is not one or holds another model.
    """
    state = read_torch_file(path)
    if not isinstance(state, dict) or not isinstance(state.get("model"), dict):
        raise CheckpointError(
            path,
            expected="fairseq's checkpoint, a dict with the entries cfg or args, and model",
            found=f"a dict with the entries {', '.join(sorted(map(str, state))[:6])}"
            if isinstance(state, dict)
            else f"an object of type {type(state).__name__}",
        )
    try:
        layout, model, task = _settings(path, state)
        architecture = _architecture(path, model, task)
    except (
        AttributeError,
        KeyError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:  # what the settings of another program, or damaged ones, make of this
        raise CheckpointError(
            path, expected="the settings of fairseq's wav2vec 2.0", found=shortened(error)
        ) from error
    return layout, architecture, renamed_weights(path, state["model"], _torchaudio_name)


def _settings(path: Path, state: dict) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
    """Layout, settings of the pre-trained model, and settings of the task."""
    if state.get("cfg") is not None:
        layout = "fairseq cfg (omegaconf)" if isinstance(state["cfg"], Inert) else "fairseq cfg"
        settings = plain(state["cfg"])
        model, task = settings["model"], settings["task"]
    elif state.get("args") is not None:
        layout = "fairseq args"
        model = task = plain(state["args"])
    else:
        raise ValueError("neither cfg nor args holds settings")
    name = model.get("_name") or model.get("arch")
    if name == _FINE_TUNED:
        pretrained = model["w2v_args"]
        model = pretrained.get("model", pretrained)
        name = model.get("_name") or model.get("arch")
    if name != _PRETRAINED:
        raise CheckpointError(
            path,
            expected=f"the model {_PRETRAINED!r} (or {_FINE_TUNED!r} made of it)",
            found=f"the model {name!r}",
        )
    return layout, model, task


def _architecture(
    path: Path, model: Mapping[str, Any], task: Mapping[str, Any]
) -> Wav2Vec2Architecture:
    """The architecture; a setting that is absent has the default of fairseq 0.12."""
    # fairseq writes None for what nobody set.
    given = {name: value for name, value in model.items() if value is not None}
    settings = Settings(path, given)
    settings.require(_SUPPORTED)
    task_settings = Settings(path, {k: v for k, v in task.items() if v is not None})
    task_settings.require({"sample_rate": (16000,)})
    convolutions = _convolutions(given.get("conv_feature_layers", _PUBLISHED_CONVOLUTIONS))
    return Wav2Vec2Architecture(
        extractor_mode="layer_norm"
        if given.get("extractor_mode", "default") == "layer_norm"
        else "group_norm",
        extractor_conv_layer_config=check_convolutions(path, convolutions),
        extractor_conv_bias=settings.flag("conv_bias", False),
        encoder_embed_dim=settings.count("encoder_embed_dim", 768),
        encoder_pos_conv_kernel=settings.count("conv_pos", 128),
        encoder_pos_conv_groups=settings.count("conv_pos_groups", 16),
        encoder_num_layers=settings.count("encoder_layers", 12),
        encoder_num_heads=settings.count("encoder_attention_heads", 12),
        encoder_ff_interm_features=settings.count("encoder_ffn_embed_dim", 3072),
        encoder_layer_norm_first=settings.flag("layer_norm_first", False),
        normalize_waveform=task_settings.flag("normalize", False),
    )


def _convolutions(expression: str) -> list[tuple[int, int, int]]:
    """(channels, kernel, stride) of every layer, from a text such as "[(512, 10, 5)] * 2".

    The text is Python; only lists, tuples, whole numbers, sums and repetitions are understood, and
    nothing is evaluated.
    """

    def value(node: ast.expr) -> Any:
        match node:
            case ast.List(elts=elements):
                return [value(element) for element in elements]
            case ast.Tuple(elts=elements):
                return tuple(value(element) for element in elements)
            case ast.Constant(value=int(number)):
                return number
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return value(left) + value(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                repeated, times = value(left), value(right)
                if not isinstance(repeated, list) or times * len(repeated) > _MOST_REPEATED:
                    raise ValueError(f"conv_feature_layers repeats {times} times")
                return repeated * times
        raise ValueError(f"conv_feature_layers {expression!r} is no list of triples")

    if len(expression) > _LONGEST_TEXT:
        raise ValueError(f"conv_feature_layers is a text of {len(expression)} characters")
    layers = value(ast.parse(expression, mode="eval").body)
    return [(channels, kernel, stride) for channels, kernel, stride in layers]


def _torchaudio_name(name: str) -> str | None:
    name = name.removeprefix("w2v_encoder.").removeprefix("w2v_model.")
    if _TRAINING_ONLY.match(name):
        return None
    for pattern, replacement in _RENAMED:
        if pattern.match(name):
            return pattern.sub(replacement, name, count=1)
    return name
