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
_SIMULATED = ("layout", "simulation")


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


def experiments_by_embedding(config: Settings, study: str) -> dict[str, list[str]]:
    """Give a study's experiments by the name of the embedding that they are trained with."""
    users: dict[str, list[str]] = {}
    for name, experiment in study_settings(config, study)["experiments"].items():
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
            return _wav_distances(layout) | {"seed": simulation["seed"]}
        case "simulate_alice_recording":
            layout, simulation = (study_entry(config, study)[key] for key in _SIMULATED)
            return simulation | _wav_distances(layout)
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
            return {key: chosen.get(key) for key in ("checkpoint", "sha256")}
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
                "entry": study_entry(config, study),
                "blocks": {
                    name: own
                    for name, own in blocks.items()
                    if name not in ("sweeps", "experiments")  # of which it uses only some
                },
                "embeddings": list(dict.fromkeys(used)),
            }
    raise ValueError(f"no settings are known for rule {rule!r}")


def _wav_distances(layout: Settings) -> Settings:
    """Give the distances of a layout that has its own; without, those of the reader count."""
    return {key: layout[key] for key in ("wav_distances_s",) if key in layout}


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
