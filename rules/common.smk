# What the rules share: the checked configuration, wildcards, and functions that give a rule its
# inputs and params. Settings are one canonical text per rule, because Snakemake compares params as
# a bare set of values; the functions take wildcards only, because others are not tracked.

import os
import re
import shlex
import sys
from pathlib import Path

scripts = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(scripts))
# Jobs run with the interpreter that runs Snakemake, activated or not; conda goes before it.
search_path = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
os.environ.update(PATH=os.pathsep.join(search_path))

from speech_decoding import settings
from speech_decoding.errors import InputError
from speech_decoding.fingerprint import code_fingerprint
from speech_decoding.speech.targets import module_of
from speech_decoding.studies import open_study

try:
    settings.check_config(config, Path(workflow.basedir) / "rules" / "config.schema.yaml")
except InputError as error:
    sys.exit(f"Error: {error}")


# A GPU job takes every core of a local run, so that two of them never share the GPU.
all_cores = workflow.cores or 8

# The speech model of the simulated studies; like their raw folders, a rule makes it.
simulated_checkpoint = "weights/simulated_wav2vec2.pt"
simulated_studies = {
    entry["raw_folder"]: name for name, entry in config["studies"].items() if "simulation" in entry
}


wildcard_constraints:
    simulated="|".join(map(re.escape, simulated_studies)) or "none",
    study="[a-z0-9_]+",
    story="[a-z0-9_]+",
    subject=r"\w+",
    experiment="[a-z0-9_]+",
    embedding="[a-z0-9_]+",
    recording=r"[\w-]+",
    seed=r"\d+",


def or_stop(function):
    """Let an InputError of an input or param function end the run with its sentence alone."""

    def guarded(wildcards):
        try:
            return function(wildcards)
        except InputError as error:
            sys.exit(f"Error: {error}")

    return guarded


def study_of(wildcards):
    """Open the study, or say that there is none of that name."""
    entry = settings.study_entry(config, wildcards.study)
    return open_study(entry["reader"], entry["raw_folder"], entry["layout"])


def recording_of(wildcards):
    known = {recording.id: recording for recording in study_of(wildcards).recordings()}
    return known[settings.require_known("recordings", wildcards.recording, known)]


def simulated_folder(wildcards):
    """The raw folder of a simulated study, None for a real one."""
    entry = settings.study_entry(config, wildcards.study)
    return entry["raw_folder"] if "simulation" in entry else None


# ------------------------------------------------------------------------------------------ inputs


def existing(paths, study):
    """Keep the raw files that exist; a missing folder is an error of its own.

    What is missing inside the folder is for the raw checks to find and to name.
    """
    entry = config["studies"][study]
    if not Path(entry["raw_folder"]).is_dir():
        raise InputError(
            entry["raw_folder"],
            expected=f"the raw files of study {study}",
            found="no such folder",
            consequence="nothing can be made from it",
            next_step=f"put them there or set studies.{study}.raw_folder in config.yaml",
        )
    return [path for path in paths if os.path.isfile(path)]  # False where it cannot be known


@or_stop
def raw_files(wildcards):
    paths = study_of(wildcards).raw_files(recording_of(wildcards))
    return paths if simulated_folder(wildcards) else existing(paths, wildcards.study)


def audio_files(wildcards, story):
    paths = study_of(wildcards).wav_files(story)
    if simulated_folder(wildcards):  # a rule makes the whole folder
        return sorted({str(path.parent) for path in paths})
    return existing(paths, wildcards.study)


@or_stop
def wav_files(wildcards):
    return audio_files(wildcards, wildcards.story)


@or_stop
def heard_wavs(wildcards):
    """The audio files of the story that is heard in a recording."""
    return audio_files(wildcards, recording_of(wildcards).story)


@or_stop
def checkpoint(wildcards):
    """The speech model's checkpoint: simulated, or one that must lie there already."""
    blocks = settings.study_settings(config, wildcards.study)
    path = blocks["embeddings"][wildcards.embedding]["checkpoint"]
    if path != simulated_checkpoint and not Path(path).exists():
        raise InputError(
            path,
            expected="the checkpoint of the speech model",
            found="no such file",
            consequence="no speech can be embedded",
            next_step="put it there (README, section 'Real studies') or set "
            f"embeddings.{wildcards.embedding}.checkpoint in config.yaml",
        )
    return path


def of_recordings(pattern):
    """Give an input function: `pattern` for every recording of the study."""

    @or_stop
    def paths(wildcards):
        recordings = study_of(wildcards).recordings()
        return expand(pattern, recording=[r.id for r in recordings], allow_missing=True)

    return paths


def of_stories(pattern):
    """Give an input function: `pattern` for every story of the study."""

    @or_stop
    def paths(wildcards):
        return expand(pattern, story=study_of(wildcards).stories(), allow_missing=True)

    return paths


def of_embedding(pattern):
    """Give an input function: `pattern` for every story, in the experiment's embedding."""

    @or_stop
    def paths(wildcards):
        return expand(
            pattern,
            embedding=embedding_of(wildcards),
            story=study_of(wildcards).stories(),
            allow_missing=True,
        )

    return paths


def of_reported(pattern):
    """Give an input function: `pattern` for every experiment and seed of the report."""

    @or_stop
    def paths(wildcards):
        chosen = settings.study_settings(config, wildcards.study)["report"]
        return expand(
            pattern, experiment=chosen["experiments"], seed=chosen["seeds"], allow_missing=True
        )

    return paths


# ------------------------------------------------------------------------------------------ params


def embedding_of(wildcards):
    blocks = settings.experiment_settings(config, wildcards.study, wildcards.experiment)
    return blocks["embedding"]


@or_stop
def wav_names(wildcards):
    """All audio files of the story, also those that are missing: merging them says so."""
    return [str(path) for path in study_of(wildcards).wav_files(wildcards.story)]


@or_stop
def study_arguments(wildcards):
    """Command-line arguments that open the study."""
    return arguments_for(wildcards, settings.study_entry(config, wildcards.study)["layout"])


@or_stop
def recording_arguments(wildcards):
    """Command-line arguments that open the study, as far as one recording needs it."""
    return arguments_for(wildcards, study_of(wildcards).layout_of(recording_of(wildcards)))


def arguments_for(wildcards, layout):
    entry = settings.study_entry(config, wildcards.study)
    arguments = {
        "--reader": entry["reader"],
        "--raw-folder": entry["raw_folder"],
        "--layout": settings.canonical_json(layout),
    }
    return " ".join(f"{name} {shlex.quote(value)}" for name, value in arguments.items())


def raw_folder_of(study):
    """Give a param function: the raw folder of a study."""

    @or_stop
    def folder(wildcards):
        return settings.study_entry(config, study)["raw_folder"]

    return folder


def fetched_settings(study, **others):
    """Give a param function: a study's subjects, and what else its download reads, as one text."""

    @or_stop
    def text(wildcards):
        entry = settings.study_entry(config, study)
        reader = open_study(entry["reader"], entry["raw_folder"], entry["layout"])
        subjects = sorted({recording.subject for recording in reader.recordings()})
        return settings.canonical_json(others | {"subjects": subjects})

    return text


def preprocess_memory(wildcards, attempt):
    """Megabytes; with any of its options on, preprocessing holds the whole recording."""
    chosen = settings.study_settings(config, wildcards.study)["preprocess"]
    whole = any(value for name, value in chosen.items() if name != "rate_hz")
    return (8000 if whole else 2000) * attempt


def settings_of(rule):
    """Give a param function: the settings that the rule reads, as one canonical text."""

    @or_stop
    def text(wildcards):
        named = dict(wildcards.items())
        if "simulated" in named:
            named["study"] = simulated_studies[named["simulated"]]
        return settings.canonical_json(settings.read_by(rule, config, **named))

    return text


def code_of(script, found_by_name=None):
    """Give a param function: the fingerprint of the code that a script reaches.

    `found_by_name(wildcards)` is a module that the script imports by a name among its settings.
    """

    @or_stop
    def fingerprint(wildcards):
        return code_fingerprint(script, *([found_by_name(wildcards)] if found_by_name else []))

    return fingerprint


def reader_module(wildcards):
    reader = settings.study_entry(config, wildcards.study)["reader"]
    return f"speech_decoding.studies.{reader}"


def target_module(wildcards):
    blocks = settings.study_settings(config, wildcards.study)
    return module_of(blocks["embeddings"][wildcards.embedding]["target"])
