"""Settings: config.yaml checked, and narrowed to what one study or experiment uses."""

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from speech_decoding.errors import InputError

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
)
Settings = dict[str, Any]

_SPEECH_MODEL = ("checkpoint", "sha256", "window_s", "context_s", "device", "dtype")
# The settings of each speech target.
EMBEDDING_KEYS = {
    "wav2vec2": (*_SPEECH_MODEL, "layers", "final_norm"),
    "wav2vec2_features": _SPEECH_MODEL,
    "mel": ("n_mels",),
}

_SWEEP = ("setting", "values")
_SIMULATED = ("layout", "simulation")


def check_config(config: Settings, schema_file: str | Path) -> None:
    """Check a configuration: known keys, types, completeness, and values that fit each other.

    Raises: InputError, one sentence that names the key and, for an unknown one, the nearest.
    """
    schema = yaml.safe_load(Path(schema_file).read_text(encoding="utf-8"))
    _check_schema(config, schema)
    for block in BLOCKS:
        known = schema["$defs"][block].get("properties", {})
        for key in known.keys() - config[block].keys():
            raise _config_error(f"{block}.{key}", "a value", "none", "add it")
    for study in config["studies"]:
        for experiment in config["experiments"]:
            _check_fit(study, experiment, experiment_settings(config, study, experiment))
        blocks = study_settings(config, study)
        for name, embedding in blocks["embeddings"].items():
            _check_embedding(name, embedding)
        for name, sweep in blocks["sweeps"].items():
            _check_sweep(config, schema, study, name, sweep)
        _check_report(config, study)


def study_entry(config: Settings, study: str) -> Settings:
    """Give a study's entry in `studies`; raises InputError for an unknown name."""
    return config["studies"][require_known("studies", study, config["studies"])]


def study_settings(config: Settings, study: str) -> Settings:
    """Give all blocks for one study: the common ones with its overrides merged in."""
    overrides = study_entry(config, study)["settings"]
    return _merge({block: config[block] for block in BLOCKS}, overrides)


def experiment_settings(config: Settings, study: str, experiment: str) -> Settings:
    """Give all blocks for one experiment of a study, with `embedding`, the embedding's name.

    Parameters: experiment, a name in `experiments`, or that of a point of a sweep, `delay-0.05`.
    """
    sweep, joined, value = experiment.partition("-")
    if joined:
        return _point_settings(config, study, sweep, value)
    name = require_known("experiments", experiment, config["experiments"])
    return _merge(study_settings(config, study), config["experiments"][name])


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


def read_by(
    rule: str,
    config: Settings,
    *,
    study: str,
    experiment: str | None = None,
    embedding: str | None = None,
    task: str | None = None,
    sweep: str | None = None,
    **_: str,
) -> Settings:
    """Give the settings that a rule's script reads, and no others.

    What is not in here cannot make a rule run again; what is, can. Further keywords are wildcards
    that no setting depends on.
    """
    blocks = (
        experiment_settings(config, study, experiment)
        if experiment
        else study_settings(config, study)
    )
    window = {key: blocks["segments"][key] for key in ("start_s", "stop_s")}
    decoded = window | {"stop_s": blocks["training"]["stop_s"] or window["stop_s"]}
    rate = {"rate_hz": blocks["preprocess"]["rate_hz"]}
    device = {"device": blocks["training"]["device"]}
    match rule:
        case "simulate_stimuli":
            layout, simulation = (study_entry(config, study)[key] for key in _SIMULATED)
            stories = {
                name: story | {"duration_s": simulation["duration_s"]}
                for name, story in layout["stories"].items()
            }
            return {
                "stories": stories,
                "subjects": layout["subjects"],
                "sessions": layout["sessions"],
                "seed": simulation["seed"],
            }
        case "simulate_recording":
            layout, simulation = (study_entry(config, study)[key] for key in _SIMULATED)
            name = next(name for name, story in layout["stories"].items() if story["task"] == task)
            chosen = {key: simulation[key] for key in ("seed", "snr")}
            return layout["stories"][name] | chosen | {"story": name}
        case "simulate_alice_stimuli":
            layout, simulation = (study_entry(config, study)[key] for key in _SIMULATED)
            return {"wav_distances_s": layout["wav_distances_s"], "seed": simulation["seed"]}
        case "simulate_alice_recording":
            layout, simulation = (study_entry(config, study)[key] for key in _SIMULATED)
            return simulation | {"wav_distances_s": layout["wav_distances_s"]}
        case "check_study":
            return blocks["check"] | {"exclude": study_entry(config, study)["exclude"]}
        case "preprocess_recording":
            return blocks["preprocess"]
        case "merge_audio":
            return blocks["audio"]
        case "measure_alignment":
            return {"audio_rate_hz": blocks["audio"]["rate_hz"]}
        case "split_blocks":
            return blocks["splits"]
        case "cut_segments":
            return blocks["segments"] | rate
        case "prove_splits":
            return window | rate
        case "embed_speech":
            known = blocks["embeddings"]
            return known[require_known("embeddings", embedding, known)]
        case "compute_layers":
            chosen = blocks["embeddings"][embedding]
            return {key: chosen[key] for key in ("checkpoint", "sha256")}
        case "train_decoder":
            return {
                "window": decoded | rate,
                "decoder": blocks["decoder"],
                "training": blocks["training"],
            }
        case "evaluate_decoder":
            return blocks["evaluation"] | device | {"audio_rate_hz": blocks["audio"]["rate_hz"]}
        case "control_decoder":
            audio_rate = {"audio_rate_hz": blocks["audio"]["rate_hz"]}
            top_k = {"top_k": blocks["evaluation"]["top_k"]}
            return audio_rate | device | top_k | {"window": decoded | rate}
        case "judge_controls":
            return {"top_k": blocks["evaluation"]["top_k"]}
        case "graph_rules":
            chosen = {key: blocks["report"][key] for key in ("audio", "fairseq")}
            models = {name: own.get("checkpoint") for name, own in blocks["embeddings"].items()}
            return chosen | {"checkpoints": models}
        case "write_comparison" | "write_sweep":
            entry = study_entry(config, study)
            shown = {
                "title": entry["title"],
                "simulated": "simulation" in entry,
                "seeds": blocks["report"]["seeds"],
            }
            if rule == "write_comparison":
                return shown | {"reader": entry["reader"]}
            known = blocks["sweeps"]
            return shown | {
                "base": swept_experiment(config, study),
                "setting": known[require_known("sweeps", sweep, known)]["setting"],
                "stride_s": blocks["segments"]["stride_s"],
            }
        case "write_report":
            used = [
                experiment_settings(config, study, name)["embedding"]
                for name in blocks["report"]["experiments"]
            ]
            return {
                "study": study,
                "entry": config["studies"][study],
                "blocks": {name: own for name, own in blocks.items() if name != "sweeps"},
                "embeddings": list(dict.fromkeys(used)),
            }
    raise ValueError(f"no settings are known for rule {rule!r}")


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
    return _merge(base, _override(setting, value))


def _override(setting: str, value: Any) -> Settings:
    """Nest a dotted setting: training.delay_s becomes {training: {delay_s: value}}."""
    for key in reversed(setting.split(".")):
        value = {key: value}
    return value


def _merge(base: Settings, overrides: Settings) -> Settings:
    merged = dict(base)
    for key, value in overrides.items():
        nested = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merge(base[key], value) if nested else value
    return merged


def require_known(section: str, name: str, known: Collection[str]) -> str:
    """Give `name` back if it is `known`; raises InputError with the nearest name if it is not."""
    if name not in known:
        some = ", ".join(sorted(known)[:10]) + (", ..." if len(known) > 10 else "")
        raise InputError(
            f"{section}.{name}",
            expected=f"one of {some}",
            found=f"the unknown name {name!r}{_nearest(name, known)}",
            consequence="there is nothing to make",
            next_step=f"correct the name, or add it to `{section}` in config.yaml",
        )
    return name


def _nearest(key: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f" (the nearest is {close[0]!r})" if close else ""


def _check_schema(config: Settings, schema: Settings, *, where: str = "") -> None:
    from jsonschema import Draft202012Validator

    missing = set(schema["properties"]) - set(config)
    if missing:
        raise _config_error(min(missing), "this block", "none", "add it")
    errors = sorted(
        Draft202012Validator(schema).iter_errors(config),
        key=lambda error: list(map(str, error.path)),
    )
    if not errors:
        return
    error = errors[0]
    place = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = min(set(error.instance) - set(known))
        path = where + f"{place}.{unknown}".lstrip(".")
        nearest = _nearest(unknown, known)
        raise _config_error(path, "a known key", f"an unknown one{nearest}", "correct or remove it")
    raise _config_error(
        where + place,
        "a value that the schema allows",
        error.message,
        "see the comments in config.yaml",
    )


def _check_fit(study: str, experiment: str, settings: Settings) -> None:
    where = f"study {study}, experiment {experiment}"
    splits, segments, training = settings["splits"], settings["segments"], settings["training"]
    if splits["test_share"] + splits["valid_share"] >= 1:
        raise _config_error(
            f"splits ({where})",
            "test_share + valid_share below 1",
            f"{splits['test_share'] + splits['valid_share']:g}",
            "leave a share for training",
        )
    band_hz = settings["preprocess"]["band_pass_hz"]
    if band_hz and band_hz[0] >= band_hz[1]:
        raise _config_error(
            f"preprocess.band_pass_hz ({where})",
            "a lower and a higher frequency",
            f"{band_hz[0]:g} and {band_hz[1]:g} Hz",
            "swap them",
        )
    length_s = segments["stop_s"] - segments["start_s"]
    decoded_stop_s = training["stop_s"] or segments["stop_s"]
    if decoded_stop_s > segments["stop_s"]:
        raise _config_error(
            f"training.stop_s ({where})",
            f"at most segments.stop_s of {segments['stop_s']:g} s",
            f"{decoded_stop_s:g} s",
            "shorten it, or lengthen segments.stop_s",
        )
    decoded_s = decoded_stop_s - segments["start_s"]
    if training["delay_s"] >= decoded_s:
        raise _config_error(
            f"training.delay_s ({where})",
            f"less than the window of {decoded_s:g} s",
            f"{training['delay_s']:g} s",
            "shorten the delay",
        )
    if splits["shortest_block_s"] < length_s:
        raise _config_error(
            f"splits.shortest_block_s ({where})",
            f"at least the window of {length_s:g} s",
            f"{splits['shortest_block_s']:g} s",
            "lengthen it, or no segment fits into a block",
        )
    if settings["embedding"] not in settings["embeddings"]:
        raise _config_error(
            f"experiments.{experiment}.embedding",
            f"one of {', '.join(sorted(settings['embeddings']))}",
            settings["embedding"],
            "name an embedding of the block `embeddings`",
        )


def _check_embedding(name: str, settings: Settings) -> None:
    where = f"embeddings.{name}"
    if "target" not in settings:
        raise _config_error(f"{where}.target", "a value", "none", "add it")
    known = EMBEDDING_KEYS[settings["target"]]
    for key in known:
        if key not in settings:
            raise _config_error(f"{where}.{key}", "a value", "none", "add it")
    for key in sorted(settings.keys() - {"target", *known}):
        raise _config_error(
            f"{where}.{key}",
            f"a setting of the target {settings['target']} ({', '.join(known)})",
            "one of another target",
            "remove it",
        )
    if "window_s" in known and settings["window_s"] <= 2 * settings["context_s"]:
        raise _config_error(
            f"{where}.window_s",
            f"more than twice the context of {settings['context_s']:g} s",
            f"{settings['window_s']:g} s",
            "lengthen it",
        )


def _check_sweep(
    config: Settings, schema: Settings, study: str, name: str, sweep: Settings
) -> None:
    where = f"sweeps.{name}"
    for key in _SWEEP:
        if key not in sweep:
            raise _config_error(f"{where}.{key}", "a value", "none", "add it")
    try:
        look_up(study_settings(config, study), sweep["setting"])
    except (KeyError, TypeError):
        example = "a setting of an experiment, such as training.delay_s"
        raise _config_error(f"{where}.setting", example, sweep["setting"], "name one") from None
    if isinstance(sweep["values"], str):  # every subject or every story, whom the study names
        return
    overrides = {"$defs": schema["$defs"], "$ref": "#/$defs/settings", "properties": {}}
    for value in sweep["values"]:
        _check_schema(_override(sweep["setting"], value), overrides, where=f"{where}.values, ")
        point = f"{name}-{value}"
        _check_fit(study, point, experiment_settings(config, study, point))


def _check_report(config: Settings, study: str) -> None:
    chosen = study_settings(config, study)["report"]
    for experiment in (*chosen["experiments"], *chosen["controls"]):
        require_known("experiments", experiment, config["experiments"])


def _config_error(key: str, expected: str, found: str, next_step: str) -> InputError:
    return InputError(
        f"config.yaml, {key or 'top level'}",
        expected=expected,
        found=found,
        consequence="no step was run",
        next_step=next_step,
    )
