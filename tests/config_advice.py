"""A configuration checked whole, and what its reader does at the advice of a sentence."""

import copy
import functools
import re
from pathlib import Path
from typing import Any

import yaml

from configuration import settings
from configuration.check import ConfigCheck
from plumbing.errors import InputError
from tests.advice import follow

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config.yaml"
SCHEMA = ROOT / "rules" / "config.schema.yaml"
_FILES = [*sorted((ROOT / "config").glob("*.yaml")), CONFIG]
_SHIPPED = functools.reduce(
    settings.merge, (yaml.safe_load(path.read_text(encoding="utf-8")) for path in _FILES)
)


def shipped() -> settings.Settings:
    """Give all settings as they are shipped, merged as Snakemake does."""
    return copy.deepcopy(_SHIPPED)


def check_all(config: settings.Settings) -> None:
    """Check everything, as if every study, experiment and sweep were asked for."""
    check = ConfigCheck(config, SCHEMA)
    check.check_values()
    for study in config["studies"]:
        check.check_study(study)
        blocks = settings.study_settings(config, study)
        points = [
            f"{name}-{value}"
            for name, sweep in blocks["sweeps"].items()
            if isinstance(sweep["values"], list)
            for value in sweep["values"]
        ]
        for experiment in (*blocks["experiments"], *points):
            check.check_experiment(study, experiment)


def repair(config: settings.Settings) -> settings.Settings:
    """Follow the advice of each sentence until there is none; gives the repaired configuration."""
    config, told = copy.deepcopy(config), []
    for _ in range(20):
        try:
            check_all(config)
        except InputError as error:
            told.append(error.details[0] if error.details else str(error))
            _Reader(config).follow(told[-1])
        else:
            return config
    raise AssertionError(f"the advice does not help: {told}")


def _escaped(key: Any) -> str:
    return str(key).encode("unicode_escape").decode()


class _Reader:
    """A reader of one sentence, who edits the configuration that it is about."""

    def __init__(self, config: settings.Settings):
        self._config = config

    def follow(self, sentence: str) -> None:
        source, self._path = re.match(r"(?:- )?(\S+), ([^ :]+)", sentence).groups()
        assert source == "config.yaml"
        self._expected, self._found = re.search(r"expected (.*?), found (.*?); ", sentence).groups()
        follow(
            sentence,
            {
                r"add it": lambda *_: self._put(self._shipped_value()),
                r"remove it": lambda *_: self._remove(),
                r"remove what stands twice": lambda *_: self._put(
                    list(dict.fromkeys(self._value()))
                ),
                r"write `(\w+):`, or remove it": lambda found, _: self._rename(found[1]),
                r"rename it": lambda *_: self._rename("another"),
                r"write null for all of them": lambda *_: self._put(None),
                r"write \{\}, or settings of its own": lambda *_: self._put({}),
                r"write a list": lambda *_: self._put(self._shipped_value()),
                r'write "([^"]*)"(, in quotation marks)?': lambda found, _: self._name(found[1]),
                r"write it on one line, without control characters": lambda *_: self._put("text"),
                r"write one of them": lambda *_: self._name(self._first_choice()),
                r"write such a value": lambda *_: self._put(self._allowed()),
                r"write one of digits and a point": lambda *_: self._put(self._shipped_value()),
                r"write another folder": lambda *_: self._put("data/another"),
                r"write a list of its values": lambda *_: self._put(self._shipped_value()),
                r"write values of its own": lambda *_: self._put(self._shipped_value()),
                r"write ([^ ]+) \(YAML wants .*\)": lambda found, _: self._put(
                    yaml.safe_load(found[1])
                ),
                r"write ([^ ]+|\[.*\])": lambda found, _: self._put(yaml.safe_load(found[1])),
                r"raise it above ([\d.]+)( s)?": lambda found, _: self._put(float(found[1]) * 1.01),
                r"lower it to ([\d.]+)( \w+)? at most, or .*": lambda found, _: self._put(
                    self._number(found[1])
                ),
                r"lower it to ([\d.]+)( \w+)? at most": lambda found, _: self._put(
                    self._number(found[1])
                ),
                r"lower it below ([\d.]+)( \w+)?": lambda found, _: self._lower(found[1]),
                r"raise it to ([\d.]+)( \w+)? at least": lambda found, _: self._put(
                    float(found[1])
                ),
                r"give each story a task of its own": lambda *_: self._number_tasks(),
                r"name a subject of the study or more, and fewer sessions that are absent": (
                    lambda *_: self._put(self._shipped_value())
                ),
            },
        )

    # What stands where the sentence says.

    def _parent(self, path: str | None = None) -> tuple[Any, Any]:
        *keys, last = (path or self._path).split(".")
        block = self._config
        for key in keys:
            block = block[int(key)] if isinstance(block, list) else block.setdefault(key, {})
        return block, int(last) if isinstance(block, list) else last

    def _value(self) -> Any:
        block, key = self._parent()
        return block[key]

    def _put(self, value: Any) -> None:
        block, key = self._parent()
        block[key] = value

    def _remove(self) -> None:
        block, key = self._parent()
        del block[key]

    def _rename(self, name: str) -> None:
        block, shown = self._parent()
        key = next(one for one in block if _escaped(one) == shown)
        block[name] = block.pop(key)

    def _name(self, name: Any) -> None:
        """Write a name where the sentence found another: as a value, in a list, or as a key."""
        unknown = re.match(r"the unknown name '([^']*)'", self._found)
        block, key = self._parent()
        if unknown and isinstance(block.get(key) if isinstance(block, dict) else None, list):
            block[key] = list(dict.fromkeys(name if x == unknown[1] else x for x in block[key]))
        elif (unknown and key == unknown[1]) or self._expected == "a name":
            self._rename(name)
        else:
            block[key] = name

    def _shipped_value(self) -> Any:
        value: Any = shipped()
        for key in self._path.split("."):
            value = value[int(key) if isinstance(value, list) else key]
        return value

    def _first_choice(self) -> Any:
        return yaml.safe_load(re.sub("^one of ", "", self._expected).split(",")[0].split(" or ")[0])

    def _allowed(self) -> Any:
        """Think of a value that is as the sentence expects."""
        examples = {
            r"a (whole )?number from (-?\d+) to (-?\d+)": lambda found: int(found[2]),
            r"a (whole )?number above (\d+) up to (\d+)": lambda found: int(found[3]),
            r"a list of (\d+) values, each a number above 0.*": lambda found: [1, 2],
            r"64 digits of 0 to 9 and a to f": lambda _: "0" * 64,
            r"a path without braces": lambda _: "data/another",
            r"a label of letters and digits": lambda _: "01",
            r"a name of a to z, 0 to 9 and _": lambda _: self._shipped_value(),
            r"a block of settings.*": lambda _: self._shipped_value(),
            r"a list of at least one value.*": lambda _: self._shipped_value(),
            r"a text.*": lambda _: "text",
            r"false": lambda _: True,
            r"an address with http:// or https://": lambda _: "https://example.org",
            r"a setting of decoder or training, such as .*": lambda _: self._shipped_value(),
            r"null": lambda _: None,
            r"16000": lambda _: 16000,
        }
        for expected in (self._expected, self._expected.split(" or ")[-1]):
            for pattern, give in examples.items():
                if found := re.fullmatch(pattern, expected):
                    return give(found)
        raise AssertionError(f"what is {self._expected!r}?")

    def _number(self, text: str) -> Any:
        return int(text) if text.isdecimal() else float(text)

    def _lower(self, limit: str) -> None:
        value = self._value()
        below = float(limit) * 0.99
        self._put([min(one, below) for one in value] if isinstance(value, list) else below)

    def _number_tasks(self) -> None:
        for number, story in enumerate(self._value()["stories"].values()):
            story["task"] = str(number)
