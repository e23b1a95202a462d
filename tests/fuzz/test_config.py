"""Whatever stands in a file of settings, it is used as it is written or told in one sentence."""

import copy
import itertools
import json
import random
from typing import Any

import pytest
import yaml
from snakemake.common.configfile import load_configfile

from configuration import settings
from configuration.chosen import Chosen
from configuration.files import read_config_file
from configuration.study import ConfiguredStudy
from plumbing.errors import InputError
from speech_decoding.dataset.selection import Selection
from tests.config_advice import CONFIG, check_all, shipped
from tests.fuzz.budget import tries

# What people write where something else is expected, and what YAML makes of it.
ODD = [
    *(None, True, False, 0, -1, 1, 2, 16.0, 1e30, 10**30, -(10**30), 0.5, 1e-300),
    *(float("nan"), float("inf"), 2**63, "", " ", "1e-3", "16", "02", "2020-01-01", "two\nlines"),
    *("\ud800", "\x00", "null", "sub-02", "S99", "4/1", "../..", "{study}", [], [[]], [1, "a"]),
    *([None], ["02", "02"], {}, {"a": {}}, {"a": 1}, "wav2vec2", "main", "demo", "subjects"),
]
PIECES = ["\t", ": ", "- ", "&a ", "*a", "<<: *a", "[", "]", "{", "}", "'", '"', "#", "|", ">", "?"]
PIECES += ["!!", "%", "---\n", "...\n", ".nan", "1e400", "010", "on: ", "~", "\x00", "\ufeff", "\r"]


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """List the keys that lead to everything inside nested settings."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append((*path, key))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, key))
    return found


def change_values(chance: random.Random) -> settings.Settings:
    """Change a value, a key or both of the shipped configuration, in a place or a few."""
    config = shipped()
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        *parents, key = chance.choice(places(config))
        block = config
        for parent in parents:
            block = block[parent]
        match chance.randrange(5):
            case 0:
                del block[key]
            case 1 if isinstance(block, dict):
                name = chance.choice([1, None, True, 1.5, "on", f"{key}x", str(key).upper(), "\n"])
                block[name] = block.pop(key)
            case 2:  # of another place
                value = config
                for part in chance.choice(places(config)):
                    value = value[part]
                block[key] = copy.deepcopy(value)
            case 3 if isinstance(block[key], int | float) and not isinstance(block[key], bool):
                block[key] *= chance.choice([-1, 0, 0.5, 2, 1e9, 1e-9, 1.0])
            case _:
                block[key] = copy.deepcopy(chance.choice(ODD))
    return config


def change_text(chance: random.Random) -> bytes:
    """Change the text of the shipped configuration: pieces put in, cut out, doubled; bytes."""
    text = CONFIG.read_text(encoding="utf-8")
    for _ in range(chance.choice([1, 1, 2, 5])):
        at, length = chance.randrange(len(text)), chance.choice([1, 1, 3, 20, 200])
        match chance.randrange(4):
            case 0:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + length :]
            case 2:
                text = text[:at] + text[at : at + length] + text[at:]
            case _:
                text = text[:at] + chance.choice(PIECES) + text[at + length :]
    content = bytearray(text.encode("utf-8"))
    if chance.random() < 0.2:
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def use(config: settings.Settings) -> None:
    """Narrow an accepted configuration to what the rules read, as the workflow does."""
    for study in config["studies"]:
        blocks = settings.study_settings(config, study)
        every = {"subjects": ["01"], "stories": ["night_ferry"]}
        for sweep in blocks["sweeps"]:
            settings.sweep_points(config, study, sweep, every)
        for experiment in blocks["experiments"]:
            own = Chosen(ConfiguredStudy(config, study, {}), {"experiment": experiment})
            given = {name: own[name] for name in ("decoder", "training", "evaluation")}
            given |= {"window": own.decoded_window}
            assert json.loads(settings.canonical_json(given)) == given
            Selection(
                **settings.experiment_settings(config, study, experiment)["training"]["selection"]
            )
        settings.canonical_json(Chosen(ConfiguredStudy(config, study, {}), {}).reported)


@pytest.mark.long
def test_a_changed_value_is_used_or_told():
    accepted = 0
    for _, chance in tries():
        config = change_values(chance)
        try:
            check_all(config)
        except InputError as error:
            assert str(error).count("\n") == len(error.details)
        else:
            use(config)
            accepted += 1
    assert accepted, "nothing was accepted: the changes are too wild to try the rest"


@pytest.mark.long
def test_a_changed_text_is_used_or_told(tmp_path):
    path = tmp_path / "config.yaml"
    for number, chance in tries():
        if number % 2:
            path.write_bytes(change_text(chance))
        else:
            path.write_text(
                yaml.safe_dump(change_values(chance), sort_keys=False, allow_unicode=False)
            )
        try:
            config = read_config_file(path)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        assert config == load_configfile(path)
        try:
            check_all(settings.merge(shipped(), config))
        except InputError as error:
            assert str(error).count("\n") == len(error.details)


@pytest.mark.long
def test_noise_is_told(tmp_path):
    path = tmp_path / "config.yaml"
    for _, chance in itertools.islice(tries(), 2000):
        path.write_bytes(chance.randbytes(chance.randrange(200)))
        with pytest.raises(InputError):
            read_config_file(path)
