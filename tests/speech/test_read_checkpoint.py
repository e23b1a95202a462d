import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.speech.checkpoints import read_checkpoint
from tests.speech import tiny_wav2vec2 as tiny


def assert_same_model(checkpoint, expected):
    assert checkpoint.architecture == expected.architecture
    assert checkpoint.weights.keys() == expected.weights.keys()
    for name, weight in checkpoint.weights.items():
        torch.testing.assert_close(weight, expected.weights[name], rtol=0, atol=0)


@pytest.fixture
def changed(tmp_path):
    """Save the tiny checkpoint after a change to its content."""

    def save(change):
        state = tiny.state()
        change(state)
        path = tmp_path / "changed.pt"
        torch.save(state, path)
        return path

    return save


@pytest.mark.parametrize(("layout", "path"), tiny.LAYOUTS.items())
def test_every_fairseq_layout_gives_the_same_model(layout, path):
    checkpoint = read_checkpoint(path)
    assert checkpoint.layout == layout
    assert checkpoint.size_bytes == path.stat().st_size
    assert checkpoint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert_same_model(checkpoint, read_checkpoint(tiny.XLSR_LIKE))


def test_file_of_another_hash_is_refused(tmp_path):
    sha256 = hashlib.sha256(tiny.XLSR_LIKE.read_bytes()).hexdigest()
    checkpoint = read_checkpoint(tiny.XLSR_LIKE, sha256=sha256)
    assert checkpoint.facts() == {
        "path": str(tiny.XLSR_LIKE),
        "layout": "fairseq cfg",
        "size_bytes": tiny.XLSR_LIKE.stat().st_size,
        "sha256": sha256,
    }
    with pytest.raises(InputError, match=f"SHA-256 is {'0' * 64}.* found one of .*{sha256}"):
        read_checkpoint(tiny.XLSR_LIKE, sha256="0" * 64)
    with pytest.raises(InputError, match=r"model\.safetensors: .*SHA-256"):
        read_checkpoint(tiny.save_huggingface(tmp_path / "model"), sha256="0" * 64)


def test_architecture_is_what_fairseq_was_told():
    architecture = read_checkpoint(tiny.XLSR_LIKE).architecture
    assert architecture.extractor_conv_layer_config == (
        (32, 10, 5),
        *[(32, 3, 2)] * 4,
        *[(32, 2, 2)] * 2,
    )
    assert architecture.extractor_mode == "layer_norm"
    assert architecture.encoder_num_layers == 4
    assert architecture.encoder_num_heads == 2
    assert architecture.encoder_layer_norm_first
    assert architecture.normalize_waveform
    assert (architecture.stride_samples, architecture.receptive_field_samples) == (320, 400)
    assert [architecture.n_frames(n) for n in (0, 399, 400, 719, 720, 32000)] == [0, 0, 1, 1, 2, 99]


@pytest.mark.parametrize("layout", ["args", "cfg"])
def test_fine_tuned_model_is_read_without_its_head(tmp_path, layout):
    checkpoint = read_checkpoint(tiny.save_fine_tuned(tmp_path / "ctc.pt", layout=layout))
    assert_same_model(checkpoint, read_checkpoint(tiny.XLSR_LIKE))


@pytest.mark.parametrize("safetensors", [True, False])
def test_huggingface_folder_gives_the_same_model(tmp_path, safetensors):
    folder = tiny.save_huggingface(tmp_path / "model", safetensors=safetensors)
    checkpoint = read_checkpoint(folder)
    assert checkpoint.layout == "huggingface"
    assert checkpoint.path.parent == folder
    assert checkpoint.sha256 == hashlib.sha256(checkpoint.path.read_bytes()).hexdigest()
    assert_same_model(checkpoint, read_checkpoint(tiny.XLSR_LIKE))


@pytest.mark.parametrize(
    "name", ["preprocessor_config.json", "feature_extractor", "audio_processor"]
)
@pytest.mark.parametrize("normalised", [True, False])
def test_huggingface_folder_says_whether_the_waveform_is_normalised(tmp_path, name, normalised):
    """transformers 4 writes a file of its own; version 5 nests it in processor_config.json."""
    folder = tiny.save_huggingface(tmp_path / "model")
    told = {
        "do_normalize": normalised,
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": True,
        "sampling_rate": 16000,
    }
    processor = {"processor_class": "Wav2Vec2Processor"}
    if name.endswith(".json"):
        (folder / name).write_text(json.dumps(told | processor))
        (folder / "processor_config.json").write_text(json.dumps(processor))
    else:
        (folder / "processor_config.json").write_text(json.dumps({name: told} | processor))
    assert read_checkpoint(folder).architecture.normalize_waveform == normalised


def test_format_before_torch_1_6_is_read(tmp_path):
    path = tmp_path / "old.pt"
    state = tiny.state()
    settings = {**state["cfg"]["model"], "arch": "wav2vec2", "normalize": True}
    old = {"args": argparse.Namespace(**settings), "model": state["model"]}
    torch.save(old, path, _use_new_zipfile_serialization=False)
    assert_same_model(read_checkpoint(path), read_checkpoint(tiny.XLSR_LIKE))


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what is mapped")
def test_weights_stay_in_the_file_beside_an_optimiser_that_is_never_read(changed):
    large = {"exp_avg": torch.zeros(1000, 1000)}
    checkpoint = read_checkpoint(changed(lambda state: state.update(last_optimizer_state=large)))
    mapped = [
        range(*(int(end, 16) for end in line.split()[0].split("-")))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(checkpoint.path))
    ]
    for name, weight in checkpoint.weights.items():
        assert any(weight.data_ptr() in addresses for addresses in mapped), name


def test_omegaconf_and_fairseq_are_not_imported():
    code = (
        "import sys\n"
        "from speech_decoding.speech.checkpoints import read_checkpoint\n"
        f"read_checkpoint({str(tiny.LAYOUTS['fairseq cfg (omegaconf)'])!r})\n"
        "assert not {'omegaconf', 'fairseq', 'transformers'} & set(sys.modules)\n"
    )
    library = str(tiny.FOLDER.parents[2] / "workflow_scripts")
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": library})


class Calls:
    """Pickled as a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("function", [exec, eval, print])
def test_nothing_in_the_file_is_executed(changed, tmp_path, capsys, function):
    trace = tmp_path / "trace"
    code = f"__import__('pathlib').Path({str(trace)!r}).touch()"
    checkpoint = read_checkpoint(changed(lambda s: s.update(extra_state=Calls(function, code))))
    assert_same_model(checkpoint, read_checkpoint(tiny.XLSR_LIKE))
    assert not trace.exists()
    assert capsys.readouterr().out == ""


def test_file_that_would_call_the_shell_is_refused(changed, tmp_path):
    trace = tmp_path / "trace"
    path = changed(lambda state: state.update(cfg=Calls(os.system, f"touch {trace}")))
    with pytest.raises(InputError, match=r"changed\.pt: expected a complete file"):
        read_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("layout", tiny.LAYOUTS)
def test_cut_file_is_refused_by_name(tmp_path, layout, share):
    content = tiny.LAYOUTS[layout].read_bytes()
    path = tmp_path / "cut.pt"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"cut\.pt: expected a complete file of torch\.save"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_cut_huggingface_weights_are_refused_by_name(tmp_path, name):
    folder = tiny.save_huggingface(tmp_path / "model", safetensors=name.endswith("safetensors"))
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=f"{name}: expected a complete"):
        read_checkpoint(folder)


def test_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(
        InputError, match=r"nowhere\.pt: expected a file of fairseq .* found nothing"
    ):
        read_checkpoint(tmp_path / "nowhere.pt")


@pytest.mark.parametrize("name", ["hubert", "data2vec_audio", "wav2vec", None])
def test_other_model_of_fairseq_is_refused_by_name(changed, name):
    path = changed(lambda state: state["cfg"]["model"].update(_name=name))
    with pytest.raises(InputError, match=f"found the model {name!r}"):
        read_checkpoint(path)


def test_checkpoint_of_whisper_is_refused(tmp_path):
    path = tmp_path / "whisper.pt"
    torch.save({"dims": {"n_mels": 80}, "model_state_dict": {}}, path)
    with pytest.raises(InputError, match="entries dims, model_state_dict"):
        read_checkpoint(path)


@pytest.mark.parametrize("model_type", ["hubert", "wavlm", "data2vec-audio", "whisper"])
def test_other_model_of_transformers_is_refused_by_name(tmp_path, model_type):
    folder = tiny.save_huggingface(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": model_type}))
    with pytest.raises(InputError, match=f"found model_type '{model_type}'"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: w.pop("encoder.layers.3.fc1.bias"), r"1 lacking \(.*layers\.3\.feed_forward"),
        (lambda w: w.update(label_embs=torch.zeros(2)), r"1 too many \(label_embs\)"),
        (lambda w: w.update({"layer_norm.bias": torch.zeros(5)}), "1 of another shape"),
        (lambda w: w.update({"layer_norm.bias": torch.zeros(32).int()}), "1 of another shape"),
        (lambda w: w.update({"layer_norm.bias": "zeros"}), "1 of another shape"),
        (lambda w: w.clear(), "weights of the 11 layers .* found 0 weights"),
        (lambda w: w.update({7: torch.zeros(2)}), "found the name 7"),
        (lambda w: w.update({"w2v_model.layer_norm.bias": torch.zeros(32)}), "each weight once"),
    ],
)
def test_wrong_weights_are_refused_by_name(changed, change, complaint):
    with pytest.raises(InputError, match=complaint):
        read_checkpoint(changed(lambda state: change(state["model"])))


@pytest.mark.parametrize(
    ("section", "setting", "complaint"),
    [
        ("model", {"activation_fn": "relu"}, "found activation_fn 'relu'"),
        ("model", {"layer_type": "conformer"}, "found layer_type 'conformer'"),
        ("model", {"quantize_input": True}, "found quantize_input True"),
        ("task", {"sample_rate": 8000}, "found sample_rate 8000"),
        ("model", {"encoder_attention_heads": 7}, "not divisible"),
        ("model", {"encoder_layers": 5}, "lacking"),
        ("model", {"encoder_layers": "many"}, "found encoder_layers 'many'"),
        ("model", {"encoder_layers": True}, "found encoder_layers True"),
        ("model", {"encoder_layers": 12.0}, "found encoder_layers 12.0"),
        ("model", {"encoder_layers": 999_999}, "1000006 layers .* found 101 weights"),
        ("model", {"conv_bias": "false"}, "conv_bias, true or false, found conv_bias 'false'"),
        ("task", {"normalize": "no"}, "normalize, true or false"),
        ("model", {"conv_feature_layers": "__import__('os').getcwd()"}, "no list of triples"),
        ("model", {"conv_feature_layers": "[(32, 10, 5)] * 10**9"}, "no list of triples"),
        ("model", {"conv_feature_layers": "[(32, 10, 5)] * 999999999"}, "repeats"),
        ("model", {"conv_feature_layers": "[(32, 10, 5)] * 99 * 99 * 99 * 99"}, "repeats"),
        ("model", {"conv_feature_layers": f"[{'(1, 1, 1), ' * 999}]"}, "a text of"),
        ("model", {"conv_feature_layers": "[(32, 10, 0)]"}, "32, 10, 0 in convolution 0"),
        ("model", {"conv_feature_layers": "[(32, 10, 11)]"}, "a stride no larger"),
        ("model", {"conv_feature_layers": "[]"}, "at least one convolution, found none"),
        ("model", {"conv_feature_layers": "[(32, 10)]"}, "ValueError"),
        ("model", {"conv_feature_layers": "[("}, "SyntaxError"),
    ],
)
def test_settings_that_no_supported_network_has_are_refused(changed, section, setting, complaint):
    with pytest.raises(InputError, match=complaint):
        read_checkpoint(changed(lambda state: state["cfg"][section].update(setting)))


def test_checkpoint_without_settings_is_refused(changed):
    with pytest.raises(InputError, match="neither cfg nor args"):
        read_checkpoint(changed(lambda state: state.update(cfg=None)))


def test_incomplete_huggingface_folder_is_refused(tmp_path):
    folder = tiny.save_huggingface(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors or .*, found config\.json"):
        read_checkpoint(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(InputError, match="found no file"):
        read_checkpoint(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_damaged_huggingface_settings_are_refused(tmp_path, text):
    folder = tiny.save_huggingface(tmp_path / "model")
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json"):
        read_checkpoint(folder)
