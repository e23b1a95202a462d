"""A study as it is configured: its entry, its reader, and what of its raw files is there."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from configuration.files import source_of
from configuration.settings import (
    Settings,
    canonical_json,
    experiment_settings,
    require_known,
    study_entry,
    study_settings,
    sweep_points,
    swept_experiment,
)
from plumbing.errors import InputError
from speech_decoding.studies import (
    Recording,
    StudyReader,
    open_study,
    reason_to_exclude,
)

Run = dict[str, Any]  # the wildcards of a trained decoder: experiment and seed


class ConfiguredStudy:
    """One study of the configuration.

    Args:
        config: the whole configuration, checked.
        name: the study's.
        sources: the contents that it is merged from by the names of their files, for errors.

    Raises: InputError for an unknown name.
    """

    def __init__(self, config: Settings, name: str, sources: Mapping[str, Settings]):
        self._config, self._sources = config, sources
        self.name = name
        self.entry = study_entry(config, name)
        self.simulated = "simulation" in self.entry
        self.raw_folder: str = self.entry["raw_folder"]
        self._experiments: dict[str, Settings] = {}  # each is asked for by many jobs

    def file_of(self, key: Sequence[str]) -> str:
        """Name the file in which a setting has the value that counts."""
        return source_of(self._sources, key)

    @cached_property
    def blocks(self) -> Settings:
        """All blocks of settings, with the study's overrides."""
        return study_settings(self._config, self.name)

    def experiment(self, name: str) -> Settings:
        """All blocks of settings for one experiment, and its `embedding`."""
        if name not in self._experiments:
            self._experiments[name] = experiment_settings(self._config, self.name, name)
        return self._experiments[name]

    @cached_property
    def reader(self) -> StudyReader:
        """The study, opened; nothing of it is read."""
        return open_study(self.entry["reader"], self.raw_folder, self.entry["layout"])

    def arguments(self, recording: str | None = None) -> str:
        """Give as JSON what opens the study: the layout as far as a recording needs it."""
        whole = recording is None
        layout = self.entry["layout"] if whole else self.reader.layout_of(self.recording(recording))
        chosen = {key: self.entry[key] for key in ("reader", "raw_folder")}
        return canonical_json(chosen | {"layout": layout})

    # ---------------------------------------------------------------------------- raw files

    @cached_property
    def recordings(self) -> dict[str, Recording]:
        """All recordings by their ids, in canonical order."""
        return {recording.id: recording for recording in self.reader.recordings()}

    @property
    def subjects(self) -> list[str]:
        """The subjects of all recordings, sorted."""
        return sorted({recording.subject for recording in self.recordings.values()})

    def recording(self, name: str) -> Recording:
        """Give a recording; raises InputError, with the nearest name, for an unknown one."""
        return self.recordings[require_known("recordings", name, self.recordings)]

    @cached_property
    def recordings_at_hand(self) -> list[str]:
        """The recordings whose signal is there; those of a simulated study are made.

        The others have no jobs: check_study says of each that it is missing.
        """
        if self.simulated:
            return list(self.recordings)
        self.require_raw_folder()
        signals = {key: self.reader.raw_files(one)[0] for key, one in self.recordings.items()}
        return [key for key, signal in signals.items() if os.path.isfile(signal)]

    @cached_property
    def stories_at_hand(self) -> list[str]:
        """The stories that a recording at hand may have heard, whose audio is there.

        Where none is left, check_study ends the run before anything is made of it.
        """
        heard = {self.recordings[name].story for name in self.recordings_at_hand}
        return [
            story
            for story in self.reader.stories()
            if story in heard
            and (self.simulated or all(map(os.path.isfile, self.reader.wav_files(story))))
        ]

    def at_hand(self, pattern: str) -> dict[str, list[str]]:
        """Give the recordings and stories at hand, as far as a pattern has such wildcards."""
        every = {"recording": "recordings_at_hand", "story": "stories_at_hand"}
        named = [name for name in every if f"{{{name}}}" in pattern]
        return {name: getattr(self, every[name]) for name in named}

    def wav_files(self, story: str) -> list[Path]:
        """Name the audio files of a story; raises InputError for an unknown one."""
        return self.reader.wav_files(require_known("stories", story, self.reader.stories()))

    def require_raw_folder(self) -> None:
        """Raise InputError where there is no raw folder.

        What is missing inside the folder is for the raw checks to find and to name.
        """
        if not Path(self.raw_folder).is_dir():
            raise InputError(
                self.raw_folder,
                expected=f"the raw files of study {self.name}",
                found="no such folder",
                consequence="nothing can be made from it",
                next_step=f"put them there or set studies.{self.name}.raw_folder in "
                + self.file_of(("studies", self.name, "raw_folder")),
            )

    # --------------------------------------------------------------------------------- runs

    @property
    def reported_runs(self) -> list[Run]:
        """The experiments and seeds of the report; the first is the study's result."""
        return self.runs(self.blocks["report"]["experiments"])

    @property
    def reported_embeddings(self) -> list[str]:
        """The embeddings of the reported experiments."""
        experiments = self.blocks["report"]["experiments"]
        return list(dict.fromkeys(self.experiment(name)["embedding"] for name in experiments))

    @property
    def control_runs(self) -> list[Run]:
        """The controls that are trained, with the first seed."""
        chosen = self.blocks["report"]
        return [{"experiment": name, "seed": chosen["seeds"][0]} for name in chosen["controls"]]

    def runs(self, experiments: list[str]) -> list[Run]:
        """Give the runs of experiments, one for each seed."""
        seeds = self.blocks["report"]["seeds"]
        return [{"experiment": name, "seed": seed} for name in experiments for seed in seeds]

    @property
    def swept(self) -> str:
        """The experiment that sweeps change one setting of."""
        return swept_experiment(self._config, self.name)

    def swept_runs(self, sweep: str) -> list[Run]:
        """The runs of all points of a sweep, and of the experiment that it changes."""
        return self.runs(list(dict.fromkeys([self.swept, *self.points(sweep)])))

    def points(self, sweep: str) -> list[str]:
        """Name the experiments that are the points of a sweep, in order."""
        used = [
            recording
            for recording in map(self.recordings.get, self.recordings_at_hand)
            if recording.story in self.stories_at_hand
            and not reason_to_exclude(
                self.entry["exclude"], recording=recording.id, subject=recording.subject
            )
        ]
        heard = {recording.story for recording in used}
        every = {
            "subjects": sorted({recording.subject for recording in used}),
            "stories": [story for story in self.stories_at_hand if story in heard],
        }
        return sweep_points(self._config, self.name, sweep, every)
