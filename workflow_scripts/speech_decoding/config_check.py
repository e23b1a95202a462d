"""The configuration checked: known keys and names, types, and values that fit each other.

What is wrong with a value by itself is found at once, in every block and study. What only the study
or the experiment that is asked for can tell is checked for that one, so that a mistake in the entry
of another study hinders nobody.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from speech_decoding.config_files import source_of
from speech_decoding.config_schema import find_fault
from speech_decoding.errors import InputError
from speech_decoding.settings import (
    BLOCKS,
    EMBEDDING_KEYS,
    Settings,
    experiment_settings,
    look_up,
    nearest,
    study_entry,
    study_settings,
    swept_experiment,
)
from speech_decoding.studies import StudyReader, open_study, reason_to_exclude

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
        self._schema = yaml.safe_load(Path(schema_file).read_text(encoding="utf-8"))
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
            for key in sorted(known.keys() - self._config[block].keys()):
                raise self._fault((block, key), "a value", "none", "add it")
        folders: dict[Path, str] = {}
        for study, entry in self._config["studies"].items():
            folder = Path(entry["raw_folder"])
            if "simulation" in entry and folders.setdefault(folder, study) != study:
                raise self._fault(
                    ("studies", study, "raw_folder"),
                    "a folder of its own, since its files are simulated",
                    f"that of the study {folders[folder]}",
                    "name another one",
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

    def check_experiment(self, study: str, experiment: str) -> None:
        """Check one experiment of a study that is checked, a point of a sweep being one as well.

        Raises: InputError, also for an experiment that is not known.
        """
        settings = experiment_settings(self._config, study, experiment)
        self._check_fit(study, experiment, settings)
        self._check_selection(study, experiment, settings["training"]["selection"])

    # ------------------------------------------------------------------------------ one study

    def _check_embedding(self, study: str, name: str, settings: Settings) -> None:
        where = f"embeddings.{name}"
        if "target" not in settings:
            raise self._fault(self._set_at(study, f"{where}.target"), "a value", "none", "add it")
        known = EMBEDDING_KEYS[settings["target"]]
        for key in known:
            if key not in settings:
                path = self._set_at(study, f"{where}.{key}")
                raise self._fault(path, "a value", "none", "add it")
        for key in sorted(settings.keys() - {"target", *known}):
            raise self._fault(
                self._set_at(study, f"{where}.{key}"),
                f"a setting of the target {settings['target']} ({', '.join(known)})",
                "one of another target",
                "remove it",
            )
        if "window_s" in known and settings["window_s"] <= 2 * settings["context_s"]:
            raise self._fault(
                self._set_at(study, f"{where}.window_s"),
                f"more than twice the context of {settings['context_s']:g} s",
                f"{settings['window_s']:g} s",
                f"shorten embeddings.{name}.context_s, or lengthen the window",
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
                step = "write a list of values"
                raise self._fault(places["values"], f"values of {setting}", values, step)
            return
        for value in values:
            block: Any = value
            for key in reversed(setting.split(".")):
                block = {key: block}
            schema = self._schema["$defs"]["settings"] | {"$defs": self._schema["$defs"]}
            self._require_valid(places["values"], block, schema, told=setting)

    def _check_layout(self, study: str, reader: StudyReader) -> None:
        layout = ("studies", study, "layout")
        for wrong in reader.misnamed():
            self._require_known((*layout, *wrong.setting), wrong.name, wrong.known)
        ids = [recording.id for recording in reader.recordings()]
        if not ids:
            step = "name subjects of the study, and fewer that are absent"
            raise self._fault(layout, "a recording or more", "none", step)
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            found, step = f"two called {twice[0]}", "give each story a task of its own"
            raise self._fault(layout, "recordings of different names", found, step)

    def _check_exclude(self, study: str, reader: StudyReader) -> None:
        known = [name for one in reader.recordings() for name in (one.subject, one.id)]
        known += reader.left_out()
        for name in study_entry(self._config, study)["exclude"]:
            self._require_known(
                ("studies", study, "exclude", name), name, list(dict.fromkeys(known))
            )

    def _check_rates(self, study: str, preprocess: Settings, reader: StudyReader) -> None:
        rate_hz = reader.facts.raw_rate_hz
        notch, band_hz = preprocess["notch"], preprocess["band_pass_hz"]
        asked = {"notch": notch if isinstance(notch, list) else [], "band_pass_hz": band_hz or []}
        if preprocess["rate_hz"] > rate_hz:
            raise self._fault(
                self._set_at(study, "preprocess.rate_hz"),
                f"at most the {rate_hz:g} Hz of the recordings",
                f"{preprocess['rate_hz']} Hz",
                "lower it",
            )
        for key, frequencies_hz in asked.items():
            for one_hz in frequencies_hz:
                if one_hz >= rate_hz / 2:
                    raise self._fault(
                        self._set_at(study, f"preprocess.{key}"),
                        f"frequencies below {rate_hz / 2:g} Hz, half the rate of the recordings",
                        f"{one_hz:g} Hz",
                        "lower it",
                    )
        if band_hz and band_hz[0] >= band_hz[1]:
            raise self._fault(
                self._set_at(study, "preprocess.band_pass_hz"),
                "a lower and a higher frequency",
                f"{band_hz[0]:g} and {band_hz[1]:g} Hz",
                f"write [{min(band_hz):g}, {max(band_hz) + (band_hz[0] == band_hz[1]):g}]",
            )

    # ------------------------------------------------------------------------- one experiment

    def _check_fit(self, study: str, experiment: str, settings: Settings) -> None:
        splits, segments, training = settings["splits"], settings["segments"], settings["training"]

        def fault(setting: str, expected: str, found: str, step: str) -> InputError:
            path = self._set_at(study, setting, experiment)
            return self._fault(path, expected, found, step, about=f"{study}, {experiment}")

        shares = splits["test_share"] + splits["valid_share"]
        if shares >= 1:
            step = "leave a share for training"
            raise fault(
                "splits.test_share", "test_share + valid_share below 1", f"{shares:g}", step
            )
        length_s = segments["stop_s"] - segments["start_s"]
        decoded_stop_s = training["stop_s"] or segments["stop_s"]
        if decoded_stop_s > segments["stop_s"]:
            expected = f"at most segments.stop_s of {segments['stop_s']:g} s"
            step = "shorten it, or lengthen segments.stop_s"
            raise fault("training.stop_s", expected, f"{decoded_stop_s:g} s", step)
        decoded_s = decoded_stop_s - segments["start_s"]
        if training["delay_s"] >= decoded_s:
            expected = f"less than the window of {decoded_s:g} s"
            raise fault(
                "training.delay_s", expected, f"{training['delay_s']:g} s", "shorten the delay"
            )
        if splits["shortest_block_s"] < length_s:
            expected = f"at least the window of {length_s:g} s"
            step = "lengthen it, or no segment fits into a block"
            raise fault(
                "splits.shortest_block_s", expected, f"{splits['shortest_block_s']:g} s", step
            )
        sample_s = 1 / settings["preprocess"]["rate_hz"]
        for setting, duration_s in (
            ("segments.stride_s", segments["stride_s"]),
            ("training.stop_s" if training["stop_s"] else "segments.stop_s", decoded_s),
        ):
            if duration_s < sample_s:
                expected = f"at least one sample, {sample_s:.3g} s"
                raise fault(setting, expected, f"{duration_s:g} s", "lengthen it")
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
        own, keys = ("studies", study, "settings"), tuple(setting.split("."))
        places = [(*own, *keys), keys]
        if experiment:
            sweep, joined, _ = experiment.partition("-")
            base = swept_experiment(self._config, study) if joined else experiment
            of_experiment = ("experiments", base, *keys)
            places = [(*own, *of_experiment), of_experiment, *places]
            if (
                joined
                and study_settings(self._config, study)["sweeps"][sweep]["setting"] == setting
            ):
                values = ("sweeps", sweep, "values")
                places = [(*own, *values), values, *places]
        return next((place for place in places if _is_set(self._config, place)), keys)

    def _require_valid(
        self, path: Sequence[str], value: Any, schema: Settings, *, told: str | None = None
    ) -> None:
        if fault := find_fault(value, schema):
            place = path if told else (*path, *fault.path)
            raise self._fault(place, fault.expected, fault.found, fault.next_step, about=told or "")

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


def _is_set(config: Settings, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(config, dict) or key not in config:
            return False
        config = config[key]
    return True


def _dotted(block: Settings, prefix: str = "") -> list[str]:
    """Name every single setting in a block, such as training.delay_s."""
    names = []
    for key, value in block.items():
        names += _dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
    return names
