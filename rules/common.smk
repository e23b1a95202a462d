# What the rules share: functions that give a rule its inputs, params and resources. Settings are one
# canonical text per rule, because Snakemake compares params as a bare set of values; the functions
# take wildcards only, because others are not tracked.

import functools
import hashlib
import os
import shutil
import sys
from pathlib import Path

from snakemake.iocontainers import Wildcards

from configuration import running, simulated, speech_models
from configuration.chosen import Chosen
from configuration.settings import canonical_json
from configuration.study import ConfiguredStudy
from plumbing import results
from plumbing.abandoned_locks import remove_abandoned_locks
from plumbing.files import require_writable
from plumbing.fingerprint import code_fingerprint
from plumbing.raw_contents import KnownHashes, stamps_of
from speech_decoding import decoder
from speech_decoding.speech import targets

# ------------------------------------------------------------------------------ before a function


@functools.cache  # once, before the first input is asked for, and so before anything is locked
def end_killed_run():
    """End the jobs and remove the locks of a run that was killed, where this one will make files.

    A dry run, `--lint` and `--summary` leave everything as it is.
    """
    makes_files = workflow.executor_plugin is not None and not workflow.dryrun
    if makes_files and not workflow.remote_exec and remove_abandoned_locks(Path(".snakemake")):
        print("The last run here was killed: its locks were removed.", file=sys.stderr)


@functools.cache  # asked for by every job
def study_named(name, experiment=None):
    """Open a study of the configuration, checked, and check its experiment."""
    check.check_study(name)
    if experiment is not None:
        check.check_experiment(name, experiment)
        return study_named(name)
    return ConfiguredStudy(config, name, sources)


def study_of(wildcards):
    """The study among the wildcards, by its name or by its simulated raw folder."""
    asked = dict(wildcards.items())
    name = asked["study"] if "study" in asked else simulated_studies[asked["simulated"]]
    return study_named(name, asked.get("experiment"))


def or_stop(function):
    """Let an InputError of a function end the run with its sentence alone."""

    def guarded(asked_for):
        end_killed_run()
        try:
            return function(asked_for)
        except InputError as error:
            sys.exit(f"Error: {error}")

    return guarded


stop_unless_writable = or_stop(require_writable)


def given(choose):
    """Give an input or param function: what `choose` gives for the `Chosen` settings of a job."""
    return or_stop(lambda wildcards: choose(Chosen(study_of(wildcards), dict(wildcards.items()))))


# ------------------------------------------------------------------------------------------ inputs


def every(*patterns, of=lambda own: [{}], where=lambda own: True):
    """Give an input function: the patterns for all recordings and stories at hand.

    Parameters: of, gives the runs that `{experiment}` and `{seed}` stand for; `{embedding}` stands
    for that of the experiment; where, says whether the files are needed at all.
    """

    @given
    def paths(own):
        found = []
        for run in of(own) if where(own) else ():
            names = own.study.at_hand("".join(patterns))
            if experiment := (own.wildcards | run).get("experiment"):
                study = study_named(own.study.name, experiment)  # a checked one
                names["embedding"] = study.experiment(experiment)["embedding"]
            found += expand(patterns, **names, **run, allow_missing=True)
        return list(dict.fromkeys(found))

    return paths


def raw(choose, made=lambda path: path):
    """Give an input function: the raw files that `choose` gives, as far as they are there.

    Those of a simulated study are made by rules: `made` gives what is made in place of a file.
    """

    @given
    def paths(own):
        files = choose(own)
        if own.study.simulated:
            return sorted({made(path) for path in files})
        own.study.require_raw_folder()
        there = [path for path in files if os.path.isfile(path)]  # False where it cannot be known
        return [ancient(path) for path in there]  # `raw_stamps` tells whether they changed

    return paths


def raw_stamps(reader_output, *files):
    """Give a param function: by what the raw files are told apart, as one text.

    `files` are the rule's input functions; the seal of `reader_output` tells what was read last.
    Those of a simulation are made by a rule, which Snakemake follows by itself.
    """

    @or_stop
    def text(wildcards):
        if study_of(wildcards).simulated:
            return "{}"
        paths = [Path(path) for each in files for path in each(wildcards)]
        return canonical_json(
            stamps_of(paths, Path(reader_output.format(**wildcards)), known_hashes)
        )

    return text


known_hashes = KnownHashes(Path(".snakemake/raw_hashes.json"))
raw_files = raw(lambda own: own.study.reader.raw_files(own.recording))
wav_files = raw(lambda own: own.study.wav_files(own.story), made=lambda path: path.parent)

# ------------------------------------------------------------------------------------------ params

# All audio files of a story, also those that are missing: merging them says so.
wav_names = given(lambda own: [str(path) for path in own.study.wav_files(own.story)])
# With what a job opens the study, as far as its recording needs it.
study_arguments = given(lambda own: own.study.arguments(own.wildcards.get("recording")))
# The name of an experiment's embedding.
embedding_of = given(lambda own: own["embedding"])


def settings_of(choose):
    """Give a param function: the settings that the rule's script reads, as one canonical text.

    What is not in here cannot make a rule run again; what is, can.
    """
    return given(lambda own: canonical_json(choose(own)))


fingerprint_of = functools.cache(code_fingerprint)  # asked for by every job


def code_of(script, *found_by_name):
    """Give a param function: the fingerprint of the code that a script reaches.

    Parameters: found_by_name, each gives a module that the script imports by a name in the settings.
    """
    if not found_by_name:
        return or_stop(lambda wildcards: fingerprint_of(script))
    return given(lambda own: fingerprint_of(script, *(module(own) for module in found_by_name)))


def reader_module(own):
    return f"speech_decoding.studies.{own.study.entry['reader']}"


def target_module(own):
    return targets.module_of(speech_models.embedding_settings(own)["target"])


def architecture_module(own):
    return decoder.module_of(own["decoder"]["architecture"])


# What the outputs of a rule depend on besides its inputs.
SEALED_PARAMS = ("study", "wavs", "embedding", "main", "controls", "settings", "code")


def job_text(wildcards, input, output):
    """What a job's outputs are sealed with, and what its inputs have to be sealed with.

    Not tracked, because it is asked for input: what it follows from makes rules run by itself.
    """
    maker, digest, code = maker_of(output[0])
    expected = {}
    for path in input:
        if path.startswith("results/"):
            earlier, earlier_digest, _ = maker_of(path)
            expected.setdefault(earlier, set()).add(earlier_digest)
    job = {"rule": maker, "settings": digest, "code": code}
    return canonical_json(
        job | {"expected": {name: sorted(digests) for name, digests in expected.items()}}
    )


@functools.cache
def maker_of(path):
    """The rule that makes a file, a digest of the settings it uses for it, and of its code."""
    maker = next(each for each in workflow.rules if each.is_producer(path))
    return maker.name, *made_with(maker, tuple(maker.get_wildcards(path).items()))


def drawn_with(draft):
    """By which rule, settings and code a draft is made.

    An attempt to draw it that failed left no record of them, and the earlier page would count as up
    to date.
    """
    return canonical_json(maker_of(draft))


@functools.cache
def made_with(maker, wildcards):
    found = Wildcards(fromdict=dict(wildcards))
    params = {name: maker.params.get(name) for name in SEALED_PARAMS}
    values = {name: find(found) for name, find in params.items() if find}
    code = values.pop("code", None)
    values["wildcards"] = dict(wildcards)  # one experiment is never taken for another
    return hashlib.sha256(canonical_json(values).encode()).hexdigest()[:8], code


# --------------------------------------------------------------------------------------- resources

# A GPU job takes every core of a local run, so that two of them never share the GPU. On a cluster it
# takes as many as the profile says; not asked for by `workflow.cores`, an error where none are given.
all_cores = workflow.resource_settings.cores or 8
has_gpu = shutil.which("nvidia-smi") is not None


def job_cores(wildcards):
    """Cores of a job that can use many: all, or without a GPU as many as its study says."""
    own = config["studies"][wildcards.study].get("job_cores", all_cores)
    return all_cores if has_gpu else own


def growing(amount):
    """Give a resource function: `amount`, and as much again with every attempt after a failure."""
    return lambda wildcards, attempt: amount * attempt
