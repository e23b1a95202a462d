import json
import re

import pytest
import torch

from speech_decoding.decoder.published import BrainModule
from speech_decoding.training.losses import ClipLoss

GWILLIAMS = {"n_sensors": 208, "n_subjects": 27}
BRENNAN = {"n_sensors": 60, "n_subjects": 33}
BRODERICK = {"n_sensors": 128, "n_subjects": 19}
SCHOFFELEN = {"n_sensors": 273, "n_subjects": 96}


def brain_module(*, n_sensors=10, n_subjects=3, n_outputs=5, **settings):
    layout_positions = torch.rand(2, n_sensors, 2, generator=torch.Generator().manual_seed(1))
    return BrainModule(layout_positions, n_subjects=n_subjects, n_outputs=n_outputs, **settings)


def small(**settings):
    return brain_module(virtual_channels=6, hidden=8, **settings)


def batch(n_items=4, n_sensors=10, n_samples=40):
    generator = torch.Generator().manual_seed(2)
    brain = torch.randn(n_items, n_sensors, n_samples, generator=generator)
    return brain, torch.arange(n_items) % 3, torch.arange(n_items) % 2


# --- the published model's parameters, under our names

PARTS = {
    r"merger\.heads": "merger.heads",
    r"initial_linear\.0": "initial_layer",
    r"subject_layers\.weights": "subject.weights",
    r"encoders\.meg\.sequence\.(\d+)\.0": r"convolutions.convolution_\1.convolution",
    r"encoders\.meg\.sequence\.(\d+)\.1": r"convolutions.convolution_\1.normalisation",
    r"encoders\.meg\.glus\.(\d+)\.0": r"convolutions.gate_\1.0",
    r"final\.(\d)": r"head.\1",
}


def our_name(published):
    for pattern, replacement in PARTS.items():
        if match := re.match(pattern, published):
            return match.expand(replacement) + published[match.end() :]
    raise KeyError(published)


def renamed(values, prefix=""):
    return {
        our_name(name.removeprefix(prefix)): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


# --- sizes


@pytest.mark.parametrize(
    ("study", "settings", "expected"),
    [
        (GWILLIAMS, {}, 9_565_054),
        (BRENNAN, {}, 10_002_454),
        (BRODERICK, {}, 8_981_854),
        (SCHOFFELEN, {}, 14_595_154),
        (GWILLIAMS, {"n_outputs": 120}, 8_985_590),
        (BRENNAN, {"n_outputs": 120}, 9_422_990),
        (GWILLIAMS, {"n_outputs": 768}, 9_400_958),
        (GWILLIAMS, {"spatial_attention": False}, 8_995_354),
        (GWILLIAMS, {"glu": False}, 6_489_854),
        (GWILLIAMS, {"initial_layer": False}, 9_491_884),
        (GWILLIAMS, {"final_convolutions": False}, 15_057_598),
        (GWILLIAMS, {"subject": "none"}, 7_596_754),
        (GWILLIAMS, {"subject": "embedding"}, 7_659_922),
        (GWILLIAMS, {"spatial_dropout_radius": 0}, 9_565_054),
        (GWILLIAMS, {"activation": "relu"}, 9_565_054),
        (GWILLIAMS, {"residual": "none"}, 9_565_054),
        (
            GWILLIAMS,
            {"residual": "before_normalisation", "glu_dilation": 2, "output_activation": "gelu"},
            9_565_054,
        ),
    ],
)
def test_has_the_published_number_of_parameters(study, settings, expected):
    with torch.device("meta"):  # shapes alone
        model = brain_module(**study | {"n_outputs": 1024} | settings)
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


def test_every_parameter_has_the_published_shape(golden_directory):
    published = json.loads((golden_directory / "brain_module_shapes.json").read_text())
    with torch.device("meta"):
        model = brain_module(**GWILLIAMS, n_outputs=1024)
    ours = {name: list(value.shape) for name, value in model.state_dict().items()}
    assert ours.pop("layout_positions") == [2, 208, 2]
    assert ours == renamed(published["state_dict_shapes"])


# --- equality with the published model


def published_model(published, dtype):
    model = BrainModule(
        published["positions"], n_subjects=3, n_outputs=12, virtual_channels=20, hidden=16
    )
    state = renamed(published, "sd.") | {"layout_positions": published["positions"]}
    model.load_state_dict(state)
    inputs = published["meg"].to(dtype), published["subject_index"], torch.arange(4)
    return model.to(dtype), inputs


def close(ours, published, tolerance):
    torch.testing.assert_close(ours, published, rtol=tolerance, atol=tolerance)


def test_evaluation_equals_the_published_model(golden):
    published = golden("brain_module")
    model, inputs = published_model(published, torch.float64)
    close(model.eval()(*inputs), published["out64"], 1e-9)

    model, inputs = published_model(published, torch.float32)
    close(model.eval()(*inputs), published["out"], 1e-5)
    close(model.merger.weights(model.layout_positions), published["merger_weights"], 1e-5)


def test_every_stage_equals_the_published_one(golden):
    model, inputs = published_model(golden("brain_module"), torch.float32)
    places = {
        "merger": "merger",
        "initial_linear": "initial_layer",
        "subject_layers": "subject",
        "final.0": "head.0",
    }
    for layer in range(10):
        places[f"seq{layer}"] = f"convolutions.convolution_{layer}.activation"
        if layer > 0:
            places[f"after_skip{layer}"] = f"convolutions.convolution_{layer}"
        if layer % 2 == 1:
            places[f"glu{layer}"] = f"convolutions.gate_{layer}"
    stages = {}

    def keep(stage):
        def hook(module, arguments, output):
            stages[f"inter.{stage}"] = output

        return hook

    for stage, place in places.items():
        model.get_submodule(place).register_forward_hook(keep(stage))
    model.eval()(*inputs)
    published = golden("brain_module_stages")
    assert stages.keys() == published.keys()
    for stage in stages:
        close(stages[stage], published[stage], 1e-5)


def is_cancelled(name: str) -> bool:
    """Tell whether a parameter is a bias that the normalisation after it takes away."""
    return re.search(r"convolution_\d+\.convolution\.bias$", name) is not None


def test_one_training_step_equals_the_published_one(golden):
    published = golden("brain_module")
    model, inputs = published_model(published, torch.float64)
    step = golden("brain_module_train")
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-4)

    torch.manual_seed(step["torch_seed"])
    estimate = model.train()(*inputs)
    close(estimate, step["estimate64"], 1e-9)
    loss = ClipLoss()(estimate, published["target"].double(), torch.arange(4))
    close(loss, step["loss64"], 1e-9)

    loss.backward()
    gradients = renamed(step, "grad.")
    assert gradients.keys() == dict(model.named_parameters()).keys()
    for name, parameter in model.named_parameters():
        found = torch.zeros_like(parameter) if is_cancelled(name) else parameter.grad
        torch.testing.assert_close(found.float(), gradients[name], rtol=1e-6, atol=1e-9)

    optimiser.step()
    state = model.state_dict()
    for name, expected in renamed(step, "adam.").items():
        close(state[name].to(expected.dtype), expected, 1e-7)


# --- settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"spatial_attention": False},
        {"spatial_attention": False, "initial_layer": False},
        {"spatial_dropout_radius": 0},
        {"spatial_dropout_from": "signals"},
        {"initial_layer": False},
        {"subject": "embedding"},
        {"subject": "none"},
        {"activation": "relu"},
        {"residual": "before_normalisation"},
        {"residual": "none"},
        {"glu": False},
        {"glu_dilation": 2},
        {"final_convolutions": False},
        {"output_activation": "gelu"},
    ],
    ids=str,
)
def test_every_setting_trains_every_parameter_but_those_that_cancel(settings):
    torch.manual_seed(0)
    model = small(**settings)
    estimate = model(*batch())
    assert estimate.shape == (4, 5, 40)
    estimate.square().mean().backward()
    for name, parameter in model.named_parameters():
        learns = parameter.grad is not None and parameter.grad.abs().sum() > 0
        assert learns != is_cancelled(name), name


def test_settings_other_than_the_default_change_the_estimate():
    def estimate(**settings):
        torch.manual_seed(0)
        return small(**settings).eval()(*batch())

    published = estimate()
    for variant in (
        {"activation": "relu"},
        {"residual": "none"},
        {"residual": "before_normalisation"},
        {"glu_dilation": 2},
        {"output_activation": "gelu"},
    ):
        assert not torch.allclose(estimate(**variant), published), variant
    assert torch.equal(estimate(spatial_dropout_radius=0), published)


def test_seed_before_construction_repeats_the_model():
    def state(seed):
        torch.manual_seed(seed)
        return small().state_dict()

    first, again, other = state(1), state(1), state(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["merger.heads"], other["merger.heads"])


def test_last_layer_starts_with_weights_scaled_by_the_outputs():
    weights = small(n_outputs=100).head[2].weight
    assert 0.09 < weights.abs().max() <= 0.1  # uniform within 1 / sqrt(outputs)


def test_an_item_does_not_depend_on_its_batch_in_evaluation():
    torch.manual_seed(0)
    model = small().eval()
    brain, subject_index, layout_index = batch()
    together = model(brain, subject_index, layout_index)
    for item in range(4):
        one = slice(item, item + 1)
        alone = model(brain[one], subject_index[one], layout_index[one])
        torch.testing.assert_close(together[one], alone)


def test_unknown_subject_setting_is_refused():
    with pytest.raises(ValueError, match="conditioning"):
        small(subject="conditioning")


# --- execution


def test_mixed_precision_stays_close_to_full_precision():
    torch.manual_seed(0)
    model = small()
    inputs = batch()
    torch.manual_seed(1)
    full = model(*inputs)
    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = model(*inputs)
        loss = ClipLoss()(mixed, torch.randn(4, 5, 40), torch.arange(4))
    assert mixed.dtype == torch.bfloat16 and loss.dtype == torch.float32
    assert (mixed.float() - full).norm() < 0.05 * full.norm()
    loss.backward()
    gradients = [p.grad for name, p in model.named_parameters() if not is_cancelled(name)]
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("training", [True, False])
def test_compiles_as_one_graph(training):
    # A value read back by the host, or a shape that depends on the data, would break the graph.
    torch.manual_seed(0)
    model = small(depth=2).train(training)
    inputs = batch()
    torch.manual_seed(1)
    expected = model(*inputs)
    torch.manual_seed(1)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*inputs), expected)
