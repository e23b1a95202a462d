import numpy as np
import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.speech.checkpoints import read_checkpoint
from speech_decoding.speech.targets.wav2vec2 import Target as MeanOfLayers
from speech_decoding.speech.targets.wav2vec2_features import Target as ConvolutionalFeatures
from speech_decoding.speech.wav2vec2 import build_model, conv_outputs, layer_outputs
from tests.speech import tiny_wav2vec2 as tiny

TOLERANCE = 2e-5
EXPECTED = tiny.expected()
WAVEFORM = EXPECTED["waveform"]
SHORT = 24000  # samples of the short input


def assert_near(found, expected):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=0, atol=TOLERANCE)


def speech_like(n_samples, *, seed=0):
    """Noise whose loudness changes a few times per second."""
    noise = np.random.default_rng(seed).standard_normal(n_samples)
    return (noise * (1 + np.sin(np.arange(n_samples) / 900))).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    return build_model(read_checkpoint(tiny.XLSR_LIKE))


@pytest.fixture(scope="module")
def group_norm_model(tmp_path_factory):
    """A base model: convolutions normalised over time, transformer layers after each step."""
    state = tiny.state()
    state["cfg"]["model"].update(extractor_mode="default", layer_norm_first=False)
    weights = state["model"]
    norm = "feature_extractor.conv_layers.{}.2.1.{}"
    for kind in ("weight", "bias"):
        weights[f"feature_extractor.conv_layers.0.2.{kind}"] = weights[norm.format(0, kind)]
        for layer in range(7):
            del weights[norm.format(layer, kind)]
    path = tmp_path_factory.mktemp("base") / "base.pt"
    torch.save(state, path)
    return build_model(read_checkpoint(path))


@pytest.mark.parametrize("length", ["whole", "short"])
@pytest.mark.parametrize("path", tiny.LAYOUTS.values(), ids=tiny.LAYOUTS)
def test_layers_are_fairseqs_in_every_layout(path, length):
    model = build_model(read_checkpoint(path))
    n_samples = {"whole": len(WAVEFORM), "short": SHORT}[length]
    waveforms = torch.from_numpy(WAVEFORM[:n_samples])[None]
    outputs = layer_outputs(model, waveforms, layers=[1, 2, 3, 4])
    for layer, output in outputs.items():
        assert_near(output[0], EXPECTED[f"{length}_layer{layer}"])
    assert_near(conv_outputs(model, waveforms)[0], EXPECTED[f"{length}_conv"])


def test_layers_are_fairseqs_from_a_huggingface_folder(tmp_path):
    model = build_model(read_checkpoint(tiny.save_huggingface(tmp_path / "model")))
    outputs = layer_outputs(model, torch.from_numpy(WAVEFORM)[None], layers=[1, 4])
    assert_near(outputs[1][0], EXPECTED["whole_layer1"])
    assert_near(outputs[4][0], EXPECTED["whole_layer4"])


def test_padding_changes_nothing(model):
    waveforms = torch.from_numpy(np.stack([WAVEFORM, WAVEFORM]))
    waveforms[1, SHORT:] = 1e3  # whatever stands there
    lengths = torch.tensor([len(WAVEFORM), SHORT])
    outputs = layer_outputs(model, waveforms, layers=[1, 2, 3, 4], lengths=lengths)
    for layer, output in outputs.items():
        assert_near(output[0], EXPECTED[f"whole_layer{layer}"])
        assert_near(output[1, :74], EXPECTED[f"short_layer{layer}"])
    features = conv_outputs(model, waveforms, lengths=lengths)
    assert_near(features[1, :74], EXPECTED["short_conv"])


def test_layer_0_is_what_layer_1_is_computed_from(model):
    outputs = layer_outputs(model, torch.from_numpy(WAVEFORM)[None], layers=[0, 1])
    first_layer = model.network.encoder.transformer.layers[0]
    assert_near(first_layer(outputs[0])[0][0], EXPECTED["whole_layer1"])


def test_model_of_a_checkpoint_takes_no_memory_of_its_own():
    checkpoint = read_checkpoint(tiny.XLSR_LIKE)
    for name, parameter in build_model(checkpoint).network.named_parameters():
        assert parameter.data_ptr() == checkpoint.weights[name].data_ptr(), name


def test_target_is_the_mean_of_its_layers():
    target = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4, 2, 3, 3])
    mean = np.mean([EXPECTED[f"whole_layer{layer}"] for layer in (2, 3, 4)], axis=0)
    embedding = target.embed(WAVEFORM)
    assert_near(embedding, mean)
    assert embedding.dtype == np.float32
    assert embedding.shape[1] == target.features


@pytest.mark.parametrize(("final_norm", "name"), [("before", "layer4"), ("after", "normed")])
def test_final_norm_is_the_last_layers_choice(final_norm, name):
    target = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4], final_norm=final_norm)
    assert_near(target.embed(WAVEFORM), EXPECTED[f"whole_{name}"])
    inner = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[3], final_norm=final_norm)
    assert_near(inner.embed(WAVEFORM), EXPECTED["whole_layer3"])


def test_convolutional_features_are_fairseqs():
    target = ConvolutionalFeatures(checkpoint=tiny.XLSR_LIKE)
    assert_near(target.embed(WAVEFORM), EXPECTED["whole_conv"])
    assert target.features == EXPECTED["whole_conv"].shape[1]


def test_base_model_is_computed_from_all_samples(group_norm_model):
    waveforms = torch.from_numpy(speech_like(20 * 320 + 399))[None]
    normalised = torch.nn.functional.layer_norm(waveforms, waveforms.shape[-1:])
    with torch.inference_mode():
        expected, _ = group_norm_model.network.extract_features(normalised)
    outputs = layer_outputs(group_norm_model, waveforms, layers=[1, 4])
    assert_near(outputs[1], expected[0])
    assert_near(outputs[4], expected[3])


def test_base_model_refuses_padding(group_norm_model):
    with pytest.raises(ValueError, match="one length only"):
        layer_outputs(
            group_norm_model, torch.zeros(2, 800), layers=[1], lengths=torch.tensor([800, 500])
        )


def test_convolutions_of_a_long_chunk_do_not_depend_on_its_passes():
    waveform = speech_like(6 * 16000 + 123)
    whole = ConvolutionalFeatures(checkpoint=tiny.XLSR_LIKE).embed(waveform)
    in_passes = ConvolutionalFeatures(checkpoint=tiny.XLSR_LIKE, window_s=2.0, context_s=0.5).embed(
        waveform
    )
    assert_near(in_passes, whole)


def test_layers_of_a_long_chunk_are_those_of_its_passes():
    waveform = speech_like(3 * 16000)
    normalised = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-5)
    whole = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[2]).embed(waveform)
    in_passes = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[2], window_s=2.0, context_s=0.5)
    embedding = in_passes.embed(waveform)
    assert embedding.shape == whole.shape == (149, 64)
    # Three passes of 50, 50 and 49 frames; the second sees the frames 24 to 124.
    seen = torch.from_numpy(normalised[24 * 320 : 123 * 320 + 400])[None]
    with torch.inference_mode():
        layers, _ = in_passes.model.network.extract_features(seen)
    assert_near(embedding[49:99], layers[1][0, 25:75])


def test_last4_are_the_last_four_layers():
    target = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers="last4")
    assert target.facts()["layers"] == [1, 2, 3, 4]
    named = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4, 3, 2, 1])
    assert target.embed(WAVEFORM).tobytes() == named.embed(WAVEFORM).tobytes()


def test_device_auto_is_one_that_is_here():
    device = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[1], device="auto").facts()["device"]
    assert device == ("cuda" if torch.cuda.is_available() else "cpu")


def test_frames_are_25_ms_long_and_20_ms_apart():
    target = ConvolutionalFeatures(checkpoint=tiny.XLSR_LIKE)
    assert target.frame_step_s == 0.02
    assert target.first_frame_s == pytest.approx(0.0125, abs=1e-4)


def test_loudness_does_not_matter():
    target = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[1])
    np.testing.assert_allclose(
        target.embed(WAVEFORM), target.embed(WAVEFORM * 8), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("level", [0.0, 1.0, -0.3])
@pytest.mark.parametrize("target", [MeanOfLayers, ConvolutionalFeatures])
def test_silence_is_embedded_like_any_sound(target, level):
    settings = {"layers": [1, 4]} if target is MeanOfLayers else {}
    embedding = target(checkpoint=tiny.XLSR_LIKE, **settings).embed(
        np.full(8000, level, np.float32)
    )
    assert embedding.shape[0] == 24
    assert np.isfinite(embedding).all()


def test_one_frame_is_enough_and_less_is_refused():
    target = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4])
    assert target.embed(WAVEFORM[:400]).shape == (1, 64)
    for n_samples in (0, 1, 399):
        with pytest.raises(InputError, match=f"at least 400 samples.* found {n_samples} samples"):
            target.embed(WAVEFORM[:n_samples])


def test_too_few_samples_for_a_frame_are_a_value_error(model):
    with pytest.raises(ValueError, match="too few"):
        conv_outputs(model, torch.zeros(1, 399))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_sample_that_is_not_finite_is_refused(value):
    waveform = WAVEFORM.copy()
    waveform[100] = value
    with pytest.raises(InputError, match="1 values that are not finite"):
        MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4]).embed(waveform)


def test_stereo_is_refused():
    with pytest.raises(InputError, match=r"shape \(800, 2\)"):
        ConvolutionalFeatures(checkpoint=tiny.XLSR_LIKE).embed(np.zeros((800, 2), np.float32))


@pytest.mark.parametrize("layers", [[5], [-1], [], [14, 15, 16, 17, 18]])
def test_layer_that_does_not_exist_is_refused(layers):
    with pytest.raises(InputError, match=r"layers: expected numbers from 0 .* to 4"):
        MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=layers)


@pytest.mark.parametrize(
    "setting",
    [
        {"dtype": "float16"},
        {"device": "abacus"},
        {"device": "cuda:99"},
        {"final_norm": "both"},
        {"window_s": 5.0},
    ],
)
def test_setting_that_cannot_be_used_is_refused_by_name(setting):
    with pytest.raises(InputError, match=next(iter(setting))):
        MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4], **setting)


def test_bfloat16_is_close_to_float32():
    waveform = WAVEFORM[:16000]
    precise = MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[4], final_norm="after").embed(
        waveform
    )
    coarse = MeanOfLayers(
        checkpoint=tiny.XLSR_LIKE, layers=[4], final_norm="after", dtype="bfloat16"
    ).embed(waveform)
    assert coarse.dtype == np.float32
    assert np.corrcoef(precise.ravel(), coarse.ravel())[0, 1] > 0.999


def test_converted_weights_are_those_of_the_file():
    checkpoint = read_checkpoint(tiny.XLSR_LIKE)
    before = {name: weight.clone() for name, weight in checkpoint.weights.items()}
    network = build_model(checkpoint, dtype="bfloat16", device="cpu").network
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, before[name].bfloat16()), name
        assert torch.equal(checkpoint.weights[name], before[name]), name  # read again


def test_two_runs_give_the_same_bytes():
    first, second = (
        MeanOfLayers(checkpoint=tiny.XLSR_LIKE, layers=[2, 4]).embed(WAVEFORM) for _ in range(2)
    )
    assert first.tobytes() == second.tobytes()
