"""Checkpoints that nothing may be computed with: each is a sentence, and its advice helps."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from plumbing.errors import InputError
from speech_decoding.speech.targets import load_target
from tests.advice import follow
from tests.speech import tiny_wav2vec2 as tiny

WAVEFORM = np.random.default_rng(0).standard_normal(4000).astype(np.float32)


def embed(checkpoint: Path) -> np.ndarray:
    return load_target("wav2vec2", checkpoint=str(checkpoint), layers=[2, 4]).embed(WAVEFORM)


def config(**entries):
    """Change entries of config.json; NaN and Infinity are written as Python writes them."""

    def break_it(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | entries))

    return break_it


def write(name: str, content: object):
    """Write another file of JSON."""
    return lambda folder: (folder / name).write_text(json.dumps(content))


def weights(change):
    def break_it(folder: Path) -> None:
        path = folder / "model.safetensors"
        stored = load_file(path)
        change(stored)
        path.unlink()
        save_file(stored, path)

    return break_it


def link_away(name: str):
    def break_it(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to("../../blobs/0f1e2d")

    return break_it


def put(value: float):
    name = "wav2vec2.encoder.layers.1.feed_forward.output_dense.weight"
    return weights(lambda stored: stored[name].view(-1)[7].fill_(value))


NESTED = "processor_config.json"
EXTRACTOR = "Wav2Vec2FeatureExtractor"
FAULTS = {
    "infinite layers": (config(num_hidden_layers=float("inf")), "num_hidden_layers inf"),
    "layers not a number": (config(num_hidden_layers=float("nan")), "num_hidden_layers nan"),
    "a million layers": (
        config(num_hidden_layers=1_000_000),
        "1000007 layers .* found 101 weights",
    ),
    "a billion layers": (config(num_hidden_layers=10**9), "from 1 to 1000000"),
    "no layer": (config(num_hidden_layers=0), "found num_hidden_layers 0"),
    "layers in a list": (config(num_hidden_layers=[4]), r"found num_hidden_layers \[4\]"),
    "layers in a text": (config(num_hidden_layers="4"), "found num_hidden_layers '4'"),
    "half a layer": (config(num_hidden_layers=4.5), "found num_hidden_layers 4.5"),
    "layers that are true": (config(num_hidden_layers=True), "found num_hidden_layers True"),
    "a negative size": (config(hidden_size=-64), "found hidden_size -64"),
    "a large size": (config(hidden_size=999_936), "of another shape"),
    "no head": (config(num_attention_heads=0), "found num_attention_heads 0"),
    "heads that do not divide": (config(num_attention_heads=7), "divisible"),
    "stride 0": (config(conv_stride=[5, 2, 2, 2, 2, 2, 0]), "found conv_stride"),
    "a stride over samples": (config(conv_stride=[5, 2, 2, 2, 2, 2, 9]), "a stride no larger"),
    "strides in a text": (config(conv_stride="5222222"), "conv_stride, a list of whole numbers"),
    "strides too few": (config(conv_stride=[5, 2]), "lengths 7, 7, 2"),
    "no convolution": (config(conv_dim=[], conv_kernel=[], conv_stride=[]), "at least one conv"),
    "a bias in words": (config(conv_bias="false"), "conv_bias, true or false"),
    "another norm": (config(feat_extract_norm=["layer"]), "feat_extract_norm"),
    "another epsilon": (config(layer_norm_eps=float("nan")), "layer_norm_eps nan"),
    "nested too deeply": (
        lambda folder: (folder / "config.json").write_text("[" * 100_000),
        "RecursionError",
    ),
    "a weight NaN": (put(float("nan")), r"1 of 8192 numbers of .*layers\.1\.feed_forward"),
    "a weight infinite": (put(float("-inf")), r"1 of 8192 numbers of .*layers\.1\.feed_forward"),
    "weights beside a dangling link": (
        link_away("model.safetensors"),
        r"model\.safetensors: .* found a link to \.\./\.\./blobs/0f1e2d, which is not there",
    ),
    "a dangling config": (link_away("config.json"), r"config\.json: .* found a link to"),
    "8 kHz": (write("preprocessor_config.json", {"sampling_rate": 8000}), "sampling_rate 8000"),
    "8 kHz nested": (write(NESTED, {"feature_extractor": {"sampling_rate": 8000}}), NESTED),
    "stereo": (write(NESTED, {"audio_processor": {"feature_size": 2}}), "feature_size 2"),
    "another extractor": (
        write(NESTED, {"feature_extractor": {"feature_extractor_type": "WhisperFeatureExtractor"}}),
        f"whose setting feature_extractor_type is '{EXTRACTOR}'",
    ),
    "normalised in words": (
        write("preprocessor_config.json", {"do_normalize": "false"}),
        "do_normalize, true or false",
    ),
    "normalised by null": (write(NESTED, {"feature_extractor": {"do_normalize": None}}), "None"),
    "no settings nested": (write(NESTED, {"feature_extractor": "Wav2Vec2"}), "found 'Wav2Vec2'"),
    "two files that contradict each other": (
        lambda folder: (
            write(NESTED, {"feature_extractor": {"do_normalize": True}})(folder),
            write("preprocessor_config.json", {"do_normalize": False})(folder),
        ),
        "do_normalize true in processor_config.json and do_normalize false in preprocessor",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_a_sentence_whose_advice_helps(tmp_path, name):
    break_it, told = FAULTS[name]
    intact, broken = tmp_path / "intact", tmp_path / "broken"
    tiny.save_huggingface(intact)
    shutil.copytree(intact, broken)
    break_it(broken)
    with pytest.raises(InputError, match=told) as caught:
        embed(broken)
    sentence = str(caught.value)
    assert str(broken) in sentence and len(sentence) < 700
    given = {"checkpoint": broken}

    def give_another(*_: object) -> None:
        given["checkpoint"] = intact

    def copy_again(*_: object) -> None:
        shutil.rmtree(broken)
        shutil.copytree(intact, broken, symlinks=False)

    def delete_one(*_: object) -> None:
        (broken / "preprocessor_config.json").unlink()

    follow(
        sentence,
        {
            "give as checkpoint a complete wav2vec 2.0, .*": give_another,
            "copy the checkpoint again with the files that its links name .*": copy_again,
            "fetch or copy the checkpoint again, or give another one": copy_again,
            "correct the one that is not as the model was trained, or delete it": delete_one,
        },
    )
    assert np.isfinite(embed(given["checkpoint"])).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_of_fairseq_that_is_not_finite_is_named(tmp_path, value):
    state = tiny.state()
    state["model"]["encoder.layers.0.fc1.bias"][3] = value
    torch.save(state, tmp_path / "changed.pt")
    with pytest.raises(InputError, match=r"changed\.pt: .* 1 of 128 .*layers\.0\.feed_forward"):
        embed(tmp_path / "changed.pt")


def test_do_normalize_false_reaches_the_embedding(tmp_path):
    """What a network is fed is what it embeds: loudness tells, where nothing is normalised."""
    folder = tiny.save_huggingface(tmp_path / "model")
    told = {"feature_extractor": {"do_normalize": False}}
    (folder / NESTED).write_text(json.dumps(told))
    target = load_target("wav2vec2", checkpoint=str(folder), layers=[2])
    assert np.abs(target.embed(WAVEFORM) - target.embed(WAVEFORM * 4)).max() > 0.01
