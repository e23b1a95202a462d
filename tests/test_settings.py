"""The configuration: complete, closed, and told in one sentence when it is wrong."""

import copy
from pathlib import Path

import pytest
import yaml

from speech_decoding import settings
from speech_decoding.errors import InputError

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "rules" / "config.schema.yaml"


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def change(config, path, value):
    *parents, key = path.split(".")
    for parent in parents:
        config = config[parent]
    if value is None:
        del config[key]
    else:
        config[key] = value


def test_the_shipped_configuration_is_accepted(config):
    before = copy.deepcopy(config)
    settings.check_config(config, SCHEMA)
    assert config == before


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("trainnig", {}, "'training'"),
        ("training.learning_rat", 1, "'learning_rate'"),
        ("studies.demo.settings.decoder.hiden", 1, "'hidden'"),
        ("studies.demo.layout.subject", [], "'subjects'"),
        ("studies.brennan.layout.alignmnt", "published", "'alignment'"),
        ("studies.brennan.layout.stories", {}, "studies.brennan.layout.stories"),
        ("studies.brennan.layout.subject_set", "paper", "studies.brennan.layout.subject_set"),
        ("studies.brennan.layout.subjects", ["S50"], "studies.brennan.layout.subjects.0"),
        ("studies.demo_eeg.simulation.duration_s", 5, "studies.demo_eeg.simulation.duration_s"),
        ("experiments.main.decodr", {}, "'decoder'"),
        ("training.learning_rate", "fast", "training.learning_rate"),
        ("training.clamp", -1, "training.clamp"),
        ("segments.stride_s", None, "segments.stride_s"),
        ("splits", None, "splits"),
        ("splits.test_share", 0.95, "test_share + valid_share"),
        ("splits.shortest_block_s", 2.5, "at least the window of 3 s"),
        ("training.delay_s", 3.0, "less than the window of 3 s"),
        ("experiments.main.embedding", "wav2vec", "wav2vec2"),
        ("report.experiments", ["mian"], "'main'"),
        ("studies.demo.reader", "brain", "studies.demo.reader"),
    ],
)
def test_a_wrong_key_or_value_is_named(config, path, value, told):
    change(config, path, value)
    with pytest.raises(InputError) as caught:
        settings.check_config(config, SCHEMA)
    sentence = str(caught.value)
    assert told in sentence
    assert "\n" not in sentence


def test_an_unknown_study_names_the_nearest(config):
    with pytest.raises(InputError, match="gwilliams"):
        settings.study_settings(config, "gwiliams")


def test_overrides_are_merged_from_the_outside_in(config):
    blocks = settings.experiment_settings(config, "demo", "noise_input")
    assert blocks["training"]["brain"] == "noise"
    assert blocks["training"]["batch_size"] == 32
    assert blocks["training"]["clamp"] == config["training"]["clamp"]
    assert config["training"]["brain"] == "recorded"


def test_the_canonical_text_does_not_depend_on_the_order_of_keys(config):
    turned = {key: config[key] for key in reversed(config)}
    turned["training"] = {key: config["training"][key] for key in reversed(config["training"])}
    rules = ("preprocess_recording", "train_decoder", "write_report")
    for rule in rules:
        texts = [
            settings.canonical_json(settings.read_by(rule, c, study="demo", experiment="main"))
            for c in (config, turned)
        ]
        assert texts[0] == texts[1]


def test_pins_of_the_environments_agree():
    pins = (ROOT / "envs" / "requirements.txt").read_text().split()
    for name in ("recordings", "decoder"):
        environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
        (packages,) = (d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
        assert set(packages) <= set(pins)
