"""The tiny wav2vec 2.0 of tests/golden/fairseq, and other files made of its weights."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parents[1] / "golden" / "fairseq"
XLSR_LIKE = FOLDER / "tiny_cfg_xlsrlike.pt"
LAYOUTS = {
    "fairseq cfg": XLSR_LIKE,
    "fairseq args": FOLDER / "tiny_args.pt",
    "fairseq cfg (omegaconf)": FOLDER / "tiny_cfg_omegaconf.pt",
}

_HUGGINGFACE_NAMES = (
    ("feature_extractor.conv_layers.{}.0.", "feature_extractor.conv_layers.{}.conv."),
    ("feature_extractor.conv_layers.{}.2.1.", "feature_extractor.conv_layers.{}.layer_norm."),
    ("encoder.layers.{}.self_attn.", "encoder.layers.{}.attention."),
    ("encoder.layers.{}.self_attn_layer_norm.", "encoder.layers.{}.layer_norm."),
    ("encoder.layers.{}.fc1.", "encoder.layers.{}.feed_forward.intermediate_dense."),
    ("encoder.layers.{}.fc2.", "encoder.layers.{}.feed_forward.output_dense."),
    ("encoder.pos_conv.0.", "encoder.pos_conv_embed.conv."),
    ("post_extract_proj.", "feature_projection.projection."),
    ("layer_norm.", "feature_projection.layer_norm."),
    ("mask_emb", "masked_spec_embed"),
    ("final_proj.", "project_hid."),
)


def expected() -> dict[str, np.ndarray]:
    """What fairseq computed; see the README beside the file."""
    with np.load(FOLDER / "expected.npz") as stored:
        return dict(stored)


def state() -> dict:
    """The content of the xlsr_53_56k-like file, to be changed and saved elsewhere."""
    return torch.load(XLSR_LIKE, weights_only=True)


def save_fine_tuned(path: Path, *, layout: str) -> Path:
    """Write the model as if fine-tuned with CTC: prefixed names, a head, nested settings."""
    pretrained = state()
    weights = {f"w2v_encoder.w2v_model.{name}": w for name, w in pretrained["model"].items()}
    weights["w2v_encoder.proj.weight"] = torch.zeros(30, 64)
    weights["w2v_encoder.proj.bias"] = torch.zeros(30)
    model, task = pretrained["cfg"]["model"], pretrained["cfg"]["task"]
    if layout == "args":
        nested = argparse.Namespace(**{**model, "arch": "wav2vec2"})
        args = argparse.Namespace(arch="wav2vec_ctc", w2v_args=nested, normalize=True)
        torch.save({"args": args, "model": weights}, path)
    else:
        cfg = {
            "model": {"_name": "wav2vec_ctc", "w2v_args": {"model": model, "task": task}},
            "task": {"_name": "audio_finetuning", "normalize": True},
        }
        torch.save({"args": None, "cfg": cfg, "model": weights}, path)
    return path


def save_huggingface(folder: Path, *, safetensors: bool = True) -> Path:
    """Write the model as transformers' Wav2Vec2ForPreTraining, with its names of the weights."""
    folder.mkdir()
    config = {
        "model_type": "wav2vec2",
        "hidden_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "intermediate_size": 128,
        "conv_dim": [32] * 7,
        "conv_bias": True,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
    }
    (folder / "config.json").write_text(json.dumps(config))
    weights = {}
    for name, weight in state()["model"].items():
        for ours, theirs in _HUGGINGFACE_NAMES:
            for index in range(7):
                beginning = ours.format(index)
                if name.startswith(beginning):
                    name = theirs.format(index) + name.removeprefix(beginning)
        head = name.startswith(("quantizer.", "project_q.", "project_hid."))
        weights[name if head else f"wav2vec2.{name}"] = weight
    if safetensors:
        save_file(weights, folder / "model.safetensors")
    else:
        torch.save(weights, folder / "pytorch_model.bin")
    return folder
