"""Settings: config.yaml narrowed to what one study, experiment or rule uses of it."""

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from configuration.embeddings import written_out
from configuration.signatures import Signature, read_signature
from plumbing.errors import InputError
from speech_decoding.decoder import module_of

BLOCKS = (
    "check",
    "preprocess",
    "audio",
    "embeddings",
    "splits",
    "segments",
    "decoder",
    "training",
    "evaluation",
    "report",
    "sweeps",
    "experiments",
)
Settings = dict[str, Any]

_SWEEP = ("setting", "values")


def study_entry(config: Settings, study: str) -> Settings:
    """Give a study's entry in `studies`, but for `job_cores`, which changes no result.

    Raises: InputError for an unknown name.
    """
    entry = config["studies"][require_known("studies", study, config["studies"])]
    science = {key: value for key, value in entry.items() if key != "job_cores"}
    return {"layout": {}, "exclude": {}, "settings": {}} | science


def study_settings(config: Settings, study: str) -> Settings:
    """Give all blocks for one study: the common ones with its overrides merged in."""
    overrides = study_entry(config, study)["settings"]
    blocks = merge({block: config[block] for block in BLOCKS}, overrides)
    return blocks | {"embeddings": written_out(blocks["embeddings"])}


def experiment_settings(config: Settings, study: str, experiment: str) -> Settings:
    """Give all blocks for one experiment of a study, with `embedding`, the embedding's name.

    Parameters: experiment, a name in `experiments`, or that of a point of a sweep, `delay-0.05`.
    """
    sweep, joined, value = experiment.partition("-")
    if joined:
        return _point_settings(config, study, sweep, value)
    blocks = study_settings(config, study)
    known = blocks["experiments"]
    return _for_architecture(merge(blocks, known[require_known("experiments", experiment, known)]))


def decoder_signatures(architecture: str) -> list[Signature]:
    """Give what the block `decoder` may hold for an architecture."""
    paths = ("speech_decoding.decoder.decoder.Decoder", f"{module_of(architecture)}.BrainModule")
    return [read_signature(path) for path in paths]


def _for_architecture(blocks: Settings) -> Settings:
    """Leave out of the block `decoder` what only another architecture takes."""
    own = blocks["decoder"]
    known = {name for one in decoder_signatures(own["architecture"]) for name in one.names}
    return blocks | {"decoder": {key: value for key, value in own.items() if key in known}}


def experiments_by_embedding(blocks: Settings) -> dict[str, list[str]]:
    """Give a study's experiments by the name of the embedding that they are trained with."""
    users: dict[str, list[str]] = {}
    for name, experiment in blocks["experiments"].items():
        users.setdefault(experiment["embedding"], []).append(name)
    return users


def swept_experiment(config: Settings, study: str) -> str:
    """Name the experiment that sweeps change one setting of: the first of the report."""
    return study_settings(config, study)["report"]["experiments"][0]


def sweep_points(
    config: Settings, study: str, sweep: str, every: Mapping[str, Sequence[str]]
) -> list[str]:
    """Name the experiments of a sweep, in order.

    Parameters: every, the names of a study's "subjects" and "stories".
    Returns: of each value an experiment: `delay-0.05`, or the swept experiment itself where the
    value is its own, so that it is not trained twice.
    """
    known = study_settings(config, study)["sweeps"]
    setting, values = (known[require_known("sweeps", sweep, known)][key] for key in _SWEEP)
    base = swept_experiment(config, study)
    own = look_up(experiment_settings(config, study, base), setting)
    names = (
        base if value == own else f"{sweep}-{value}"
        for value in (every[values] if isinstance(values, str) else values)
    )
    return list(dict.fromkeys(names))


def look_up(blocks: Settings, setting: str) -> Any:
    """Give the value of a dotted setting, such as training.delay_s."""
    value: Any = blocks
    for key in setting.split("."):
        value = value[key]
    return value


def canonical_json(value: Any) -> str:
    """Write a value as one line of JSON that does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _point_settings(config: Settings, study: str, sweep: str, value: str) -> Settings:
    blocks = study_settings(config, study)
    known = blocks["sweeps"]
    setting, values = (known[require_known("sweeps", sweep, known)][key] for key in _SWEEP)
    if not isinstance(values, str):  # else the name of a subject or of a story, as it stands
        by_name = {str(one): one for one in values}
        value = by_name[require_known(f"sweeps.{sweep}.values", value, by_name)]
    base = experiment_settings(config, study, swept_experiment(config, study))
    return _for_architecture(merge(base, _override(setting, value)))


def _override(setting: str, value: Any) -> Settings:
    """Nest a dotted setting: training.delay_s becomes {training: {delay_s: value}}."""
    for key in reversed(setting.split(".")):
        value = {key: value}
    return value


def merge(base: Settings, overrides: Settings) -> Settings:
    """Give `base` with what `overrides` holds in its place, block by block, as Snakemake does."""
    merged = dict(base)
    for key, value in overrides.items():
        nested = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = merge(base[key], value) if nested else value
    return merged


def require_known(section: str, name: str, known: Collection[str]) -> str:
    """Give `name` back if it is `known`; raises InputError with the nearest name if it is not."""
    if name in known:
        return name
    some = ", ".join(sorted(known)[:10]) + (", ..." if len(known) > 10 else "")
    near = nearest(name, known)
    found = f"the unknown name {name!r}" + (f" (the nearest is {near!r})" if near else "")
    add = f", or add it to `{section}` in config.yaml" if section in ("studies", *BLOCKS) else ""
    raise InputError(
        f"{section}.{name}",
        expected=f"one of {some}",
        found=found,
        consequence="there is nothing to make",
        next_step=f"correct the name{add}",
    )


def nearest(name: str, known: Collection[str]) -> str | None:
    """Give the known name that was most likely meant, None if none is near.

    One that differs in `sub-`, leading zeros or capitals alone is before all others, then one that
    goes on after the name.
    """
    near = [one for one in known if _plain(one) == _plain(name)]
    near += [one for one in known if name and one.startswith(name)]
    near += difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return near[0] if near else None


def _plain(name: str) -> str:
    return re.sub(r"0*(\d+)", r"\1", re.sub(r"\b(sub|ses|task)-", "", name)).lower()
