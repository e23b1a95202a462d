"""The configuration checked: known keys and names, types, and values that fit each other.

What is wrong with a value by itself is found in every block and study. What only the study or the
experiment that is asked for can tell is checked for that one, so that a mistake in the entry of
another study hinders nobody. All mistakes that are found are told at once.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from configuration.embeddings import models, target_signature
from configuration.files import holds, source_of
from configuration.schema import Fault, find_faults
from configuration.schema_file import read_schema
from configuration.settings import (
    BLOCKS,
    Settings,
    decoder_signatures,
    experiment_settings,
    look_up,
    merge,
    nearest,
    study_entry,
    study_settings,
    swept_experiment,
)
from configuration.signatures import read_signature
from plumbing.errors import InputError
from speech_decoding.studies import StudyReader, open_study, reason_to_exclude

COMMAND_LINE = "--config"  # as a source
# The settings that name a subject or a story, and what a sweep over all of them is called.
_EVERY = {
    "training.selection.without_subject": "subjects",
    "training.selection.without_story": "stories",
}
# Keys of earlier versions by the path at which they stood, and words by that of their key.
_RENAMED = {
    "sweeps.hours": "share",
    "training.pairing.true": "heard",
}


class ConfigCheck:
    """The checks of one configuration.

    Parameters: config, all of it merged; schema_file, what it may hold; sources, the contents it is
    merged from by the names that errors give them, a later one before an earlier one.
    """

    def __init__(
        self,
        config: Settings,
        schema_file: str | Path,
        sources: Mapping[str, Settings] | None = None,
    ):
        self._config = config
        self._schema = read_schema(schema_file)
        self._sources = {"config.yaml": config} if sources is None else sources

    def check_values(self) -> None:
        """Check that all blocks are there and that every value is one that its key may have.

        Raises: InputError, one sentence for each mistake that names its source and key.
        """
        self._require_none(self._misshapen())
        self._require_none(self._simulated_folders())

    def check_study(self, study: str) -> None:
        """Check what the settings of one study and its report come to, and the names in its entry.

        No raw file is read. Raises: InputError, also for a study that is not known.
        """
        blocks = study_settings(self._config, study)
        reader = self._open(study)
        reported = [*blocks["report"]["experiments"], *blocks["report"]["controls"]]
        known = [name for name in reported if "embedding" in blocks["experiments"].get(name, ())]
        self._require_none(
            itertools.chain(
                self._experiments(study, blocks),
                *(self._embedding(study, *one) for one in blocks["embeddings"].items()),
                *(self._sweep(study, *one) for one in blocks["sweeps"].items()),
                self._layout(study, reader),
                self._exclude(study, reader),
                self._rates(study, blocks["preprocess"], reader),
                self._reference(study, blocks["preprocess"]["rereference"], reader),
                *(self._experiment(study, experiment) for experiment in known),
            )
        )

    def check_experiment(self, study: str, experiment: str) -> None:
        """Check one experiment of a study that is checked, a point of a sweep being one as well.

        Raises: InputError, also for an experiment that is not known.
        """
        self._require_none(self._experiment(study, experiment))

    # ------------------------------------------------------------------------------ all values

    def _misshapen(self) -> Iterator[Fault]:
        """Find what the schema forbids or misses, and what was renamed."""
        renamed = list(_renamed(self._config))
        yield from renamed
        known = {fault.path for fault in renamed}
        faults = (self._as_told(fault) for fault in find_faults(self._config, self._schema))
        yield from (fault for fault in faults if fault.path not in known)
        for block in sorted(self._schema["properties"]):
            if block not in self._config:
                yield Fault((block,), "this block", "none", "add it")
        for block in BLOCKS:
            keys = self._schema["$defs"][block].get("properties", {})
            if block == "decoder":  # which others there are depends on it
                keys = ["architecture"]
            if isinstance(own := self._config.get(block), dict):
                for key in sorted(set(keys) - own.keys()):
                    yield Fault((block, key), "a value", "none", "add it")

    def _simulated_folders(self) -> Iterator[Fault]:
        """Find simulated studies that say too little, or share a folder."""
        folders: dict[Path, str] = {}
        for study, entry in self._config["studies"].items():
            if "simulation" not in entry:
                continue
            for key in _simulated_layout(entry):
                if key not in entry.get("layout", {}):
                    yield Fault(("studies", study, "layout", key), "a value", "none", "add it")
            folder = Path(entry["raw_folder"])
            if folders.setdefault(folder, study) != study:
                yield Fault(
                    ("studies", study, "raw_folder"),
                    "a folder of its own, since its files are simulated",
                    f"that of the study {folders[folder]}",
                    "write another folder",
                )

    # ------------------------------------------------------------------------------ one study

    def _experiments(self, study: str, blocks: Settings) -> Iterator[Fault]:
        for name, experiment in blocks["experiments"].items():
            if "embedding" not in experiment:
                path = ("experiments", name, "embedding")
                yield Fault(path, "the name of an embedding", "none", "add it")
        for key in ("experiments", "controls"):
            for experiment in blocks["report"][key]:
                path = self._set_at(study, f"report.{key}")
                yield from _unknown(path, experiment, blocks["experiments"])

    def _embedding(self, study: str, name: str, settings: Settings) -> Iterator[Fault]:
        where = f"embeddings.{name}"
        if "like" in settings:
            overrides = study_entry(self._config, study)["settings"].get("embeddings", {})
            known = models(merge(self._config["embeddings"], overrides))
            yield from _unknown(self._set_at(study, f"{where}.like"), settings["like"], known)
            return
        if "target" not in settings:
            yield Fault(self._set_at(study, f"{where}.target"), "a value", "none", "add it")
            return
        target = target_signature(settings["target"])
        for key in target.required:
            if key not in settings:
                yield Fault(self._set_at(study, f"{where}.{key}"), "a value", "none", "add it")
        for key in sorted(settings.keys() - {"target", *target.names}):
            yield Fault(
                self._set_at(study, f"{where}.{key}"),
                f"a setting of the target {settings['target']} ({', '.join(target.names)})",
                "one of another target",
                "remove it",
            )
        given = settings.keys() >= {"window_s", "context_s"}
        if given and settings["window_s"] <= 2 * settings["context_s"]:
            yield Fault(
                self._set_at(study, f"{where}.window_s"),
                f"more than twice the context of {settings['context_s']:g} s",
                f"{settings['window_s']:g} s",
                f"raise it above {2 * settings['context_s']:g} s",
            )

    def _sweep(self, study: str, name: str, sweep: Settings) -> Iterator[Fault]:
        places = {key: self._set_at(study, f"sweeps.{name}.{key}") for key in ("setting", "values")}
        missing = [path for key, path in places.items() if key not in sweep]
        yield from (Fault(path, "a value", "none", "add it") for path in missing)
        if missing:
            return
        blocks = study_settings(self._config, study)
        setting, values = sweep["setting"], sweep["values"]
        try:
            single = not isinstance(look_up(blocks, setting), dict)
        except (KeyError, TypeError):
            single = False
        if not single:
            known = list(_dotted({key: blocks[key] for key in ("decoder", "training")}))
            yield from _unknown(places["setting"], setting, known)
        elif isinstance(values, str):
            if _EVERY.get(setting) != values:
                every = _EVERY.get(setting)
                step = f"write {every}" if every else "write a list of its values"
                yield Fault(places["values"], f"values of {setting}", values, step)
        else:
            for number, value in enumerate(values):
                block: Any = value
                for key in reversed(setting.split(".")):
                    block = {key: block}
                schema = self._schema["$defs"]["settings"] | {"$defs": self._schema["$defs"]}
                place = (*places["values"], str(number))
                for fault in find_faults(block, schema):
                    yield self._as_told(replace(fault, path=place, about=setting))

    def _layout(self, study: str, reader: StudyReader) -> Iterator[Fault]:
        layout = ("studies", study, "layout")
        for wrong in reader.misnamed():
            yield from _unknown((*layout, *wrong.setting), wrong.name, wrong.known)
        ids = [recording.id for recording in reader.recordings()]
        if not ids:
            step = "name a subject of the study or more, and fewer sessions that are absent"
            yield Fault(layout, "a recording or more", "none", step)
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            found, step = f"two called {twice[0]}", "give each story a task of its own"
            yield Fault(layout, "recordings of different names", found, step)

    def _exclude(self, study: str, reader: StudyReader) -> Iterator[Fault]:
        names = [name for one in reader.recordings() for name in (one.subject, one.id)]
        if reader.misnamed():
            return  # what is left out cannot be told
        for name in study_entry(self._config, study)["exclude"]:
            if name not in reader.left_out():  # by the layout already
                path = ("studies", study, "exclude", name)
                yield from _unknown(path, name, list(dict.fromkeys(names)))

    def _rates(self, study: str, preprocess: Settings, reader: StudyReader) -> Iterator[Fault]:
        raw_hz, band_hz = reader.facts.raw_rate_hz, preprocess["band_pass_hz"]
        if (rate_hz := preprocess["rate_hz"]) > raw_hz:
            path = self._set_at(study, "preprocess.rate_hz")
            expected = f"at most the {raw_hz:g} Hz of the recordings"
            yield Fault(path, expected, f"{rate_hz} Hz", f"lower it to {raw_hz:g} Hz at most")
        for key in ("notch", "band_pass_hz"):
            asked_hz = preprocess[key] if isinstance(preprocess[key], list) else []
            if max(asked_hz, default=0) >= raw_hz / 2:
                path = self._set_at(study, f"preprocess.{key}")
                expected = f"frequencies below {raw_hz / 2:g} Hz, half the rate of the recordings"
                step = f"lower it below {raw_hz / 2:g} Hz"
                yield Fault(path, expected, f"{max(asked_hz):g} Hz", step)
        if band_hz and band_hz[0] >= band_hz[1]:
            path = self._set_at(study, "preprocess.band_pass_hz")
            found = f"{band_hz[0]:g} and {band_hz[1]:g} Hz"
            yield Fault(path, "a lower and a higher frequency", found, "write [1, 60]")

    def _reference(
        self, study: str, reference: str | list[str] | None, reader: StudyReader
    ) -> Iterator[Fault]:
        path = self._set_at(study, "preprocess.rereference")
        if reference and not reader.facts.electrodes:
            yield Fault(path, "null, as for all but EEG", f"{reference}", "write null")
        elif isinstance(reference, list):
            for name in reference:
                yield from _unknown(path, name, reader.facts.electrodes)

    # ------------------------------------------------------------------------- one experiment

    def _experiment(self, study: str, experiment: str) -> Iterator[Fault]:
        settings = experiment_settings(self._config, study, experiment)
        yield from self._decoder(study, experiment, settings["decoder"])
        for fault in self._fit(study, experiment, settings):
            yield replace(fault, about=f"{study}, {experiment}")
        if settings["embedding"] not in settings["embeddings"]:
            path = self._set_at(study, f"experiments.{experiment}.embedding")
            yield from _unknown(path, settings["embedding"], settings["embeddings"])
        yield from self._selection(study, experiment, settings["training"]["selection"])

    def _decoder(self, study: str, experiment: str, settings: Settings) -> Iterator[Fault]:
        architecture = settings["architecture"]
        signatures = decoder_signatures(architecture)
        known = [name for one in signatures for name in one.names]
        # What an experiment inherits from another architecture it leaves behind.
        stated = study_settings(self._config, study)["experiments"].get(experiment, {})
        for key in sorted(stated.get("decoder", {}).keys() - set(known)):
            path = self._set_at(study, f"decoder.{key}", experiment)
            expected = f"a setting of the architecture {architecture} ({', '.join(known)})"
            yield Fault(path, expected, "one of another architecture", "remove it")
        for key in (name for one in signatures for name in one.required):
            if key not in settings:
                path = self._set_at(study, f"decoder.{key}", experiment)
                yield Fault(path, "a value", "none", "add it")

    def _fit(self, study: str, experiment: str, settings: Settings) -> Iterator[Fault]:
        splits, segments, training = settings["splits"], settings["segments"], settings["training"]

        def fault(setting: str, expected: str, found: str, step: str) -> Fault:
            return Fault(self._set_at(study, setting, experiment), expected, found, step)

        length_s = segments["stop_s"] - segments["start_s"]
        stop_s, last_s = training["stop_s"] or segments["stop_s"], segments["stop_s"]
        decoded_s, delay_s = stop_s - segments["start_s"], training["delay_s"]
        sample_s = 1 / settings["preprocess"]["rate_hz"]
        block_s, stride_s = splits["shortest_block_s"], segments["stride_s"]
        more, less = sorted(("test_share", "valid_share"), key=lambda key: -splits[key])
        if (shares := splits[more] + splits[less]) >= 1:
            expected = f"{more} + {less} below 1, a share for training"
            step = f"lower it below {1 - splits[less]:g}"
            yield fault(f"splits.{more}", expected, f"{shares:g}", step)
        if stop_s > last_s:
            expected = f"at most segments.stop_s of {last_s:g} s"
            step = f"lower it to {last_s:g} s at most, or raise segments.stop_s"
            yield fault("training.stop_s", expected, f"{stop_s:g} s", step)
        if delay_s >= decoded_s:
            expected = f"less than the window of {decoded_s:g} s"
            step = f"lower it below {decoded_s:g} s"
            yield fault("training.delay_s", expected, f"{delay_s:g} s", step)
        if block_s < length_s:
            expected = f"at least the window of {length_s:g} s, or no segment fits into a block"
            step = f"raise it to {length_s:g} s at least"
            yield fault("splits.shortest_block_s", expected, f"{block_s:g} s", step)
        if stride_s < 0.999 * sample_s:  # as far as it is written with three digits
            expected = f"at least a sample of {sample_s:.3g} s"
            step = f"raise it to {sample_s:.3g} s at least"
            yield fault("segments.stride_s", expected, f"{stride_s:g} s", step)

    def _selection(self, study: str, experiment: str, selection: Settings) -> Iterator[Fault]:
        reader = self._open(study)
        exclude = study_entry(self._config, study)["exclude"]
        used = [
            one
            for one in reader.recordings()
            if not reason_to_exclude(exclude, recording=one.id, subject=one.subject)
        ]
        subjects = list(dict.fromkeys(one.subject for one in used))
        stories = list(dict.fromkeys(one.story for one in used))
        where = "training.selection"
        for key, known in (("without_subject", subjects), ("without_story", stories)):
            if (name := selection[key]) is not None:
                path = self._set_at(study, f"{where}.{key}", experiment)
                yield from _unknown(path, name, known)
        count = selection["subjects"]
        if count is not None and count > len(subjects):
            yield Fault(
                self._set_at(study, f"{where}.subjects", experiment),
                f"at most the {len(subjects)} subjects of the study {study}",
                f"{count}",
                "write null for all of them",
            )

    # ---------------------------------------------------------------------------------- common

    def _open(self, study: str) -> StudyReader:
        entry = study_entry(self._config, study)
        return open_study(entry["reader"], entry["raw_folder"], entry["layout"])

    def _set_at(self, study: str, setting: str, experiment: str | None = None) -> tuple[str, ...]:
        """Give the keys at which a setting has the value that counts for a study or experiment."""
        keys = tuple(setting.split("."))
        places = [keys]
        if experiment:
            sweep, joined, value = experiment.partition("-")
            base = swept_experiment(self._config, study) if joined else experiment
            places = [("experiments", base, *keys), *places]
            if joined:
                swept = study_settings(self._config, study)["sweeps"][sweep]
                if swept["setting"] == setting and isinstance(swept["values"], list):
                    number = [str(one) for one in swept["values"]].index(value)
                    places = [("sweeps", sweep, "values", str(number)), *places]
        own = ("studies", study, "settings")
        places = [place for common in places for place in ((*own, *common), common)]
        return next((place for place in places if holds(self._config, place)), keys)

    def _as_told(self, fault: Fault) -> Fault:
        """Give a fault of a value with what to do about it where it was written."""
        on_command_line = source_of(self._sources, fault.path) == COMMAND_LINE
        if on_command_line and fault.found.startswith("the text"):
            step = "write it into a file for --configfile: in braces, --config knows texts only"
            return replace(fault, next_step=step)
        return fault

    def _require_none(self, faults: Iterable[Fault]) -> None:
        """Raise InputError with all faults, if there are any; a misspelt key is one of them."""
        faults = list(dict.fromkeys(faults))
        meant = {
            (*fault.path[:-1], found[1])
            for fault in faults
            if (found := re.match(r"write `(\w+):`", fault.next_step))
        }
        errors = [self._error(fault) for fault in faults if fault.path not in meant]
        if not errors:
            return
        if len(errors) == 1:
            raise errors[0]
        raise InputError(
            "the configuration",
            expected="settings that can be used",
            found=f"{len(errors)} mistakes",
            consequence="no step was run",
            next_step="correct each",
            details=[
                f"- {one.where}: expected {one.expected}, found {one.found}; {one.next_step}."
                for one in errors
            ],
        )

    def _error(self, fault: Fault) -> InputError:
        where = ".".join(fault.path) or "top level"
        return InputError(
            f"{source_of(self._sources, fault.path)}, {where}"
            + (f" ({fault.about})" if fault.about else ""),
            expected=fault.expected,
            found=fault.found,
            consequence="no step was run",
            next_step=fault.next_step,
        )


def _unknown(path: Sequence[str], name: str, known: Sequence[str]) -> Iterator[Fault]:
    """Find a name that is none of those known."""
    if name in known:
        return
    some = ", ".join(list(known)[:10]) + (", ..." if len(known) > 10 else "")
    near = nearest(name, known)
    found = f"the unknown name {name!r}" + (f" (the nearest is {near!r})" if near else "")
    step = f'write "{near}"' if near else "write one of them"
    yield Fault(tuple(path), f"one of {some}" if known else "no name", found, step)


def _renamed(settings: Any, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Find keys and words of earlier versions."""
    if not isinstance(settings, dict):
        word = str(settings).lower()
        if new := _new_name((*path, word)):
            yield Fault(path, f"{new}, as it is called now", word, f"write {new}")
        return
    for key, value in settings.items():
        if new := _new_name((*path, str(key))):
            found, step = f"the former key {key!r}", f"write `{new}:`, or remove it"
            yield Fault((*path, key), f"{new}, as it is called now", found, step)
        yield from _renamed(value, (*path, str(key)))


def _new_name(path: tuple[str, ...]) -> str | None:
    dotted = ".".join(path)
    return next(
        (new for old, new in _RENAMED.items() if f".{dotted}".endswith(f".{old}")),
        None,
    )


def _simulated_layout(entry: Settings) -> list[str]:
    """Name what a simulated study's layout has to say, as its simulation asks for it."""
    layout = read_signature(f"speech_decoding.studies.{entry['reader']}.Study").names
    asked = read_signature(f"simulation.{entry['reader']}.simulate_stimuli").required
    return [key for key in asked if key in layout]


def _dotted(block: Settings, prefix: str = "") -> list[str]:
    """Name every single setting in a block, such as training.delay_s."""
    names = []
    for key, value in block.items():
        names += _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
    return names
