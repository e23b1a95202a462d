"""The configuration narrowed to what one study, experiment or rule uses."""

from pathlib import Path

import pytest
import yaml

from configuration import settings
from configuration.chosen import Chosen
from configuration.study import ConfiguredStudy
from plumbing.errors import InputError
from tests.config_advice import shipped

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config():
    return shipped()


def test_an_unknown_study_names_the_nearest(config):
    with pytest.raises(InputError, match="gwilliams"):
        settings.study_settings(config, "gwiliams")


def test_overrides_are_merged_from_the_outside_in(config):
    blocks = settings.experiment_settings(config, "demo", "noise_input")
    assert blocks["training"]["brain"] == "noise"
    of_the_demo = config["studies"]["demo"]["settings"]["training"]["batch_size"]
    assert blocks["training"]["batch_size"] == of_the_demo != config["training"]["batch_size"]
    assert blocks["training"]["clamp"] == config["training"]["clamp"]
    assert config["training"]["brain"] == "recorded"


EVERY = {"subjects": ["01", "02"], "stories": ["ferry", "orchard"]}


def test_a_point_of_a_sweep_is_the_swept_experiment_with_one_setting_changed(config):
    main = settings.experiment_settings(config, "demo", "main")
    point = settings.experiment_settings(config, "demo", "delay-0.05")
    assert point["training"] == main["training"] | {"delay_s": 0.05}
    assert {name: own for name, own in point.items() if name != "training"} == {
        name: own for name, own in main.items() if name != "training"
    }
    part = settings.experiment_settings(config, "demo", "without_story-night_ferry")
    expected = main["training"]["selection"] | {"without_story": "night_ferry"}
    assert part["training"]["selection"] == expected


def test_a_value_of_its_own_is_not_trained_twice(config):
    delays = settings.sweep_points(config, "demo", "delay", EVERY)
    assert delays == [
        *("delay-0", "delay-0.05", "delay-0.1", "main", "delay-0.2", "delay-0.25", "delay-0.3")
    ]
    assert settings.sweep_points(config, "demo", "window", EVERY)[-1] == "main"
    config["report"]["experiments"] = ["contrastive"]
    assert "contrastive" in settings.sweep_points(config, "gwilliams", "delay", EVERY)
    point = settings.experiment_settings(config, "gwilliams", "delay-0")
    assert point["embedding"] == "mel"


def test_every_subject_and_story_is_left_out_in_turn(config):
    for sweep, names in (("without_subject", "subjects"), ("without_story", "stories")):
        points = settings.sweep_points(config, "demo", sweep, EVERY)
        assert points == [f"{sweep}-{name}" for name in EVERY[names]]


@pytest.mark.parametrize(
    ("experiment", "told"), [("dely-0", "'delay'"), ("delay-0.04", "one of 0, 0.05")]
)
def test_an_unknown_sweep_or_point_is_told(config, experiment, told):
    with pytest.raises(InputError, match=told):
        settings.experiment_settings(config, "demo", experiment)


def test_sweeps_do_not_concern_the_report(config):
    before = Chosen(ConfiguredStudy(config, "demo", {}), {}).reported
    config["sweeps"]["delay"]["values"] = [0.2]
    assert Chosen(ConfiguredStudy(config, "demo", {}), {}).reported == before


def test_the_canonical_text_does_not_depend_on_the_order_of_keys(config):
    turned = {key: config[key] for key in reversed(config)}
    turned["training"] = {key: config["training"][key] for key in reversed(config["training"])}
    texts = [
        settings.canonical_json(settings.experiment_settings(c, "demo", "main"))
        for c in (config, turned)
    ]
    assert texts[0] == texts[1]


def test_pins_of_the_environments_agree():
    pins = (ROOT / "envs" / "requirements.txt").read_text().split()
    for name in ("recordings", "decoder"):
        environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
        (packages,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
        assert set(packages) <= set(pins)


def test_pins_of_fairseq_agree():
    lines = (ROOT / "envs" / "fairseq.txt").read_text().splitlines()
    environment = yaml.safe_load((ROOT / "envs" / "fairseq.yaml").read_text())
    (packages,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert packages == [line for line in lines if line and not line.startswith("#")]
