"""The configuration checked: known keys and names, types, and values that fit each other.

What is wrong with a value by itself is found at once, in every block and study. What only the study
or the experiment that is asked for can tell is checked for that one, so that a mistake in the entry
of another study hinders nobody.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from configuration.files import holds, source_of
from configuration.schema import find_fault
from configuration.schema_file import read_schema
from configuration.settings import (
    BLOCKS,
    Settings,
    decoder_signatures,
    experiment_settings,
    look_up,
    nearest,
    study_entry,
    study_settings,
    swept_experiment,
)
from configuration.signatures import read_signature
from plumbing.errors import InputError
from speech_decoding.speech.targets import module_of
from speech_decoding.studies import StudyReader, open_study, reason_to_exclude

COMMAND_LINE = "--config"  # as a source
# The settings that name a subject or a story, and what a sweep over all of them is called.
_EVERY = {
    "training.selection.without_subject": "subjects",
    "training.selection.without_story": "stories",
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

        Raises: InputError, one sentence that names the source and the key.
        """
        for block in self._schema["properties"].keys() - self._config.keys():
            raise self._fault((block,), "this block", "none", "add it")
        self._require_valid((), self._config, self._schema)
        for block in BLOCKS:
            known = self._schema["$defs"][block].get("properties", {})
            if block == "decoder":  # the others depend on it
                known = {"architecture": known["architecture"]}
            for key in sorted(known.keys() - self._config[block].keys()):
                raise self._fault((block, key), "a value", "none", "add it")
        folders: dict[Path, str] = {}
        for study, entry in self._config["studies"].items():
            for key in _simulated_layout(entry) if "simulation" in entry else ():
                if key not in entry.get("layout", {}):
                    raise self._fault(
                        ("studies", study, "layout", key), "a value", "none", "add it"
                    )
            folder = Path(entry["raw_folder"])
            if "simulation" in entry and folders.setdefault(folder, study) != study:
                raise self._fault(
                    ("studies", study, "raw_folder"),
                    "a folder of its own, since its files are simulated",
                    f"that of the study {folders[folder]}",
                    "write another folder",
                )

    def check_study(self, study: str) -> None:
        """Check what the settings of one study come to together, and the names in its entry.

        No raw file is read. Raises: InputError, also for a study that is not known.
        """
        blocks = study_settings(self._config, study)
        for name, experiment in blocks["experiments"].items():
            if "embedding" not in experiment:
                path = ("experiments", name, "embedding")
                raise self._fault(path, "the name of an embedding", "none", "add it")
        for name, embedding in blocks["embeddings"].items():
            self._check_embedding(study, name, embedding)
        for name, sweep in blocks["sweeps"].items():
            self._check_sweep(study, name, sweep)
        for key in ("experiments", "controls"):
            for experiment in blocks["report"][key]:
                path = self._set_at(study, f"report.{key}")
                self._require_known(path, experiment, blocks["experiments"])
        reader = self._open(study)
        self._check_layout(study, reader)
        self._check_exclude(study, reader)
        self._check_rates(study, blocks["preprocess"], reader)
        self._check_reference(study, blocks["preprocess"]["rereference"], reader)

    def check_experiment(self, study: str, experiment: str) -> None:
        """Check one experiment of a study that is checked, a point of a sweep being one as well.

        Raises: InputError, also for an experiment that is not known.
        """
        settings = experiment_settings(self._config, study, experiment)
        self._check_decoder(study, experiment, settings["decoder"])
        self._check_fit(study, experiment, settings)
        self._check_selection(study, experiment, settings["training"]["selection"])

    # ------------------------------------------------------------------------------ one study

    def _check_embedding(self, study: str, name: str, settings: Settings) -> None:
        where = f"embeddings.{name}"
        if "target" not in settings:
            raise self._fault(self._set_at(study, f"{where}.target"), "a value", "none", "add it")
        target = read_signature(f"{module_of(settings['target'])}.Target")
        for key in target.required:
            if key not in settings:
                path = self._set_at(study, f"{where}.{key}")
                raise self._fault(path, "a value", "none", "add it")
        for key in sorted(settings.keys() - {"target", *target.names}):
            raise self._fault(
                self._set_at(study, f"{where}.{key}"),
                f"a setting of the target {settings['target']} ({', '.join(target.names)})",
                "one of another target",
                "remove it",
            )
        given = settings.keys() >= {"window_s", "context_s"}
        if given and settings["window_s"] <= 2 * settings["context_s"]:
            raise self._fault(
                self._set_at(study, f"{where}.window_s"),
                f"more than twice the context of {settings['context_s']:g} s",
                f"{settings['window_s']:g} s",
                f"raise it above {2 * settings['context_s']:g} s",
            )

    def _check_sweep(self, study: str, name: str, sweep: Settings) -> None:
        places = {key: self._set_at(study, f"sweeps.{name}.{key}") for key in ("setting", "values")}
        for key, path in places.items():
            if key not in sweep:
                raise self._fault(path, "a value", "none", "add it")
        blocks = study_settings(self._config, study)
        setting, values = sweep["setting"], sweep["values"]
        try:
            single = not isinstance(look_up(blocks, setting), dict)
        except (KeyError, TypeError):
            single = False
        if not single:
            known = list(_dotted({key: blocks[key] for key in ("decoder", "training")}))
            self._require_known(places["setting"], setting, known)
        if isinstance(values, str):
            if _EVERY.get(setting) != values:
                step = (
                    f"write {every}"
                    if (every := _EVERY.get(setting))
                    else "write a list of its values"
                )
                raise self._fault(places["values"], f"values of {setting}", values, step)
            return
        for number, value in enumerate(values):
            block: Any = value
            for key in reversed(setting.split(".")):
                block = {key: block}
            schema = self._schema["$defs"]["settings"] | {"$defs": self._schema["$defs"]}
            self._require_valid((*places["values"], str(number)), block, schema, told=setting)

    def _check_layout(self, study: str, reader: StudyReader) -> None:
        layout = ("studies", study, "layout")
        for wrong in reader.misnamed():
            self._require_known((*layout, *wrong.setting), wrong.name, wrong.known)
        ids = [recording.id for recording in reader.recordings()]
        if not ids:
            step = "name a subject of the study or more, and fewer sessions that are absent"
            raise self._fault(layout, "a recording or more", "none", step)
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            found, step = f"two called {twice[0]}", "give each story a task of its own"
            raise self._fault(layout, "recordings of different names", found, step)

    def _check_exclude(self, study: str, reader: StudyReader) -> None:
        names = [name for one in reader.recordings() for name in (one.subject, one.id)]
        for name in study_entry(self._config, study)["exclude"]:
            if name not in reader.left_out():  # by the layout already
                path = ("studies", study, "exclude", name)
                self._require_known(path, name, list(dict.fromkeys(names)))

    def _check_rates(self, study: str, preprocess: Settings, reader: StudyReader) -> None:
        raw_hz, band_hz = reader.facts.raw_rate_hz, preprocess["band_pass_hz"]
        if (rate_hz := preprocess["rate_hz"]) > raw_hz:
            path = self._set_at(study, "preprocess.rate_hz")
            expected = f"at most the {raw_hz:g} Hz of the recordings"
            raise self._fault(path, expected, f"{rate_hz} Hz", f"lower it to {raw_hz:g} Hz at most")
        for key in ("notch", "band_pass_hz"):
            asked_hz = preprocess[key] if isinstance(preprocess[key], list) else []
            if max(asked_hz, default=0) >= raw_hz / 2:
                path = self._set_at(study, f"preprocess.{key}")
                expected = f"frequencies below {raw_hz / 2:g} Hz, half the rate of the recordings"
                step = f"lower it below {raw_hz / 2:g} Hz"
                raise self._fault(path, expected, f"{max(asked_hz):g} Hz", step)
        if band_hz and band_hz[0] >= band_hz[1]:
            path = self._set_at(study, "preprocess.band_pass_hz")
            found = f"{band_hz[0]:g} and {band_hz[1]:g} Hz"
            raise self._fault(path, "a lower and a higher frequency", found, "write [1, 60]")

    def _check_reference(
        self, study: str, reference: str | list[str] | None, reader: StudyReader
    ) -> None:
        path = self._set_at(study, "preprocess.rereference")
        if reference and not reader.facts.electrodes:
            raise self._fault(path, "null, as for all but EEG", f"{reference}", "write null")
        for name in reference if isinstance(reference, list) else ():
            self._require_known(path, name, reader.facts.electrodes)

    # ------------------------------------------------------------------------- one experiment

    def _check_decoder(self, study: str, experiment: str, settings: Settings) -> None:
        architecture = settings["architecture"]
        signatures = decoder_signatures(architecture)
        known = [name for one in signatures for name in one.names]
        # An experiment leaves behind what it inherits from another architecture, but states nothing
        # of it.
        stated = study_settings(self._config, study)["experiments"].get(experiment, {})
        for key in sorted(stated.get("decoder", {}).keys() - set(known)):
            path = self._set_at(study, f"decoder.{key}", experiment)
            expected = f"a setting of the architecture {architecture} ({', '.join(known)})"
            raise self._fault(path, expected, "one of another architecture", "remove it")
        for key in (name for one in signatures for name in one.required):
            if key not in settings:
                path = self._set_at(study, f"decoder.{key}", experiment)
                raise self._fault(path, "a value", "none", "add it")

    def _check_fit(self, study: str, experiment: str, settings: Settings) -> None:
        splits, segments, training = settings["splits"], settings["segments"], settings["training"]

        def fault(setting: str, expected: str, found: str, step: str) -> InputError:
            path = self._set_at(study, setting, experiment)
            return self._fault(path, expected, found, step, about=f"{study}, {experiment}")

        length_s = segments["stop_s"] - segments["start_s"]
        stop_s, last_s = training["stop_s"] or segments["stop_s"], segments["stop_s"]
        decoded_s, delay_s = stop_s - segments["start_s"], training["delay_s"]
        sample_s = 1 / settings["preprocess"]["rate_hz"]
        block_s, stride_s = splits["shortest_block_s"], segments["stride_s"]
        more, less = sorted(("test_share", "valid_share"), key=lambda key: -splits[key])
        if (shares := splits[more] + splits[less]) >= 1:
            expected = f"{more} + {less} below 1, a share for training"
            step = f"lower it below {1 - splits[less]:g}"
            raise fault(f"splits.{more}", expected, f"{shares:g}", step)
        if stop_s > last_s:
            expected = f"at most segments.stop_s of {last_s:g} s"
            step = f"lower it to {last_s:g} s at most, or raise segments.stop_s"
            raise fault("training.stop_s", expected, f"{stop_s:g} s", step)
        if delay_s >= decoded_s:
            expected = f"less than the window of {decoded_s:g} s"
            step = f"lower it below {decoded_s:g} s"
            raise fault("training.delay_s", expected, f"{delay_s:g} s", step)
        if block_s < length_s:
            expected = f"at least the window of {length_s:g} s, or no segment fits into a block"
            step = f"raise it to {length_s:g} s at least"
            raise fault("splits.shortest_block_s", expected, f"{block_s:g} s", step)
        if stride_s < 0.999 * sample_s:  # as far as it is written with three digits
            expected = f"at least a sample of {sample_s:.3g} s"
            step = f"raise it to {sample_s:.3g} s at least"
            raise fault("segments.stride_s", expected, f"{stride_s:g} s", step)
        if settings["embedding"] not in settings["embeddings"]:
            path = self._set_at(study, f"experiments.{experiment}.embedding")
            self._require_known(path, settings["embedding"], settings["embeddings"])

    def _check_selection(self, study: str, experiment: str, selection: Settings) -> None:
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
                self._require_known(path, name, known)
        count = selection["subjects"]
        if count is not None and count > len(subjects):
            raise self._fault(
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

    def _require_valid(
        self, path: Sequence[str], value: Any, schema: Settings, *, told: str | None = None
    ) -> None:
        fault = find_fault(value, schema)
        if fault is None:
            return
        place = path if told else (*path, *fault.path)
        step = fault.next_step
        if source_of(self._sources, place) == COMMAND_LINE and fault.found.startswith("the text"):
            step = "write it into a file for --configfile: in braces, --config knows texts only"
        raise self._fault(place, fault.expected, fault.found, step, about=told or "")

    def _require_known(self, path: Sequence[str], name: str, known: Sequence[str]) -> None:
        if name in known:
            return
        some = ", ".join(list(known)[:10]) + (", ..." if len(known) > 10 else "")
        near = nearest(name, known)
        found = f"the unknown name {name!r}" + (f" (the nearest is {near!r})" if near else "")
        step = f'write "{near}"' if near else "write one of them"
        raise self._fault(path, f"one of {some}" if known else "no name", found, step)

    def _fault(
        self, path: Sequence[str], expected: str, found: str, next_step: str, *, about: str = ""
    ) -> InputError:
        where = ".".join(path) or "top level"
        return InputError(
            f"{source_of(self._sources, path)}, {where}" + (f" ({about})" if about else ""),
            expected=expected,
            found=found,
            consequence="no step was run",
            next_step=next_step,
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
