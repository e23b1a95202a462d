# What the rules share: the checked configuration, wildcards, and functions that give a rule its
# inputs and params. Settings are one canonical text per rule, because Snakemake compares params as
# a bare set of values; the functions take wildcards only, because others are not tracked.

import functools
import hashlib
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from snakemake.iocontainers import Wildcards

scripts = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(scripts))
# Jobs run with the interpreter that runs Snakemake, activated or not; conda goes before it.
search_path = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
os.environ.update(PATH=os.pathsep.join(search_path))
# The first temporary folder that can be written to: in a full one Snakemake itself would fail.
os.environ.update(TMPDIR=tempfile.gettempdir())

from configuration import settings
from plumbing.abandoned_locks import remove_abandoned_locks
from configuration.check import COMMAND_LINE, ConfigCheck
from configuration.files import read_config_file, source_of
from plumbing.errors import InputError
from plumbing.files import require_writable
from plumbing.fingerprint import code_fingerprint
from plumbing.raw_contents import KnownHashes, stamps_of
from speech_decoding import decoder
from speech_decoding.report.paper import COMPARISONS
from speech_decoding.speech import targets
from speech_decoding.studies import open_study, reason_to_exclude

# Those of the folder hold what every clone has; config.yaml counts before them.
config_files = [
    *sorted(Path(workflow.basedir, "config").glob("*.yaml")),
    Path(workflow.basedir, "config.yaml"),
]


def config_sources():
    """The contents that the configuration is merged from, by name; a later one counts."""
    given = workflow.config_settings
    own = [] if given.replace_workflow_config else config_files
    files = [*own, *map(Path, given.configfiles)]
    here = Path.cwd()
    names = [path.relative_to(here) if path.is_relative_to(here) else path for path in files]
    contents = {str(name): read_config_file(path) for name, path in zip(names, files)}
    return contents | ({COMMAND_LINE: dict(given.config)} if given.config else {})


try:
    sources = config_sources()
except InputError as error:
    sys.exit(f"Error: {error}")


# Read by Snakemake only now, which would end with a traceback for much that is refused above.
for file in config_files:

    configfile: file


try:
    check = ConfigCheck(config, Path(workflow.basedir) / "rules" / "config.schema.yaml", sources)
    check.check_values()
except InputError as error:
    sys.exit(f"Error: {error}")


@functools.cache  # once, before the first input is asked for, and so before anything is locked
def end_killed_run():
    """End the jobs and remove the locks of a run that was killed, where this one will make files.

    A dry run, `--lint` and `--summary` leave everything as it is.
    """
    makes_files = workflow.executor_plugin is not None and not workflow.dryrun
    if makes_files and not workflow.remote_exec and remove_abandoned_locks(Path(".snakemake")):
        print("The last run here was killed: its locks were removed.", file=sys.stderr)


# A GPU job takes every core of a local run, so that two of them never share the GPU. On a cluster it
# takes as many as the profile says; not asked for by `workflow.cores`, an error where none are given.
all_cores = workflow.resource_settings.cores or 8
has_gpu = shutil.which("nvidia-smi") is not None


def job_cores(wildcards):
    """Cores of a job that can use many: all, or without a GPU as many as its study says."""
    own = config["studies"][wildcards.study].get("job_cores", all_cores)
    return all_cores if has_gpu else own


known_hashes = KnownHashes(Path(".snakemake/raw_hashes.json"))

# The speech model of the simulated studies; like their raw folders, a rule makes it.
simulated_checkpoint = "weights/simulated_wav2vec2.pt"
simulated_studies = {
    str(Path(entry["raw_folder"])): name
    for name, entry in config["studies"].items()
    if "simulation" in entry
}


wildcard_constraints:
    simulated="|".join(map(re.escape, simulated_studies)) or "none",
    study="[a-z0-9_]+",
    story=r"(?!fairseq\b)[a-z0-9_]+",  # fairseq.json is no story's embedding
    subject=r"\w+",
    experiment=r"[a-z0-9_]+(-[\w.-]+)?",  # the second part: a point of a sweep
    sweep="[a-z0-9_]+",
    comparison="|".join(COMPARISONS),
    page="|".join([*COMPARISONS, "sweeps/[a-z0-9_]+"]),
    embedding="[a-z0-9_]+",
    recording=r"[\w-]+",
    seed=r"\d+",


@functools.cache  # asked for by every job
def check_asked(study, experiment):
    check.check_study(study)
    if experiment is not None:
        check.check_experiment(study, experiment)


def or_stop(function):
    """Let an InputError of a function end the run with its sentence alone.

    The study and the experiment among the wildcards are checked before: the others do not matter.
    """

    def guarded(asked_for):
        end_killed_run()
        asked = dict(asked_for.items()) if isinstance(asked_for, Wildcards) else {}
        study = asked.get("study") or simulated_studies.get(asked.get("simulated"))
        try:
            if study is not None:
                check_asked(study, asked.get("experiment"))
            return function(asked_for)
        except InputError as error:
            sys.exit(f"Error: {error}")

    return guarded


stop_unless_writable = or_stop(require_writable)


@functools.cache  # asked for by every job
def named_study(name):
    """Open a study, or say that there is none of that name."""
    entry = settings.study_entry(config, name)
    return open_study(entry["reader"], entry["raw_folder"], entry["layout"])


@functools.cache
def recordings_of(name):
    """The recordings of a study by their ids, in canonical order."""
    return {recording.id: recording for recording in named_study(name).recordings()}


@functools.cache
def recordings_at_hand(name):
    """The recordings of a study whose signal is there; those of a simulated one are made.

    The others have no jobs: check_study says of each that it is missing.
    """
    known = recordings_of(name)
    if "simulation" in config["studies"][name]:
        return known
    require_raw_folder(name)
    signals = {key: named_study(name).raw_files(recording)[0] for key, recording in known.items()}
    return {key: recording for key, recording in known.items() if os.path.isfile(signals[key])}


@functools.cache
def stories_at_hand(name):
    """The stories that a recording at hand may have heard: their audio is there, too.

    Where none is left, check_study ends the run before anything is made of it.
    """
    study, simulated = named_study(name), "simulation" in config["studies"][name]
    heard = {recording.story for recording in recordings_at_hand(name).values()}
    return [
        story
        for story in study.stories()
        if story in heard and (simulated or all(map(os.path.isfile, study.wav_files(story))))
    ]


def study_of(wildcards):
    return named_study(wildcards.study)


def recording_of(wildcards):
    known = recordings_of(wildcards.study)
    return known[settings.require_known("recordings", wildcards.recording, known)]


def simulated_folder(wildcards):
    """The raw folder of a simulated study, None for a real one."""
    entry = settings.study_entry(config, wildcards.study)
    return entry["raw_folder"] if "simulation" in entry else None


# ------------------------------------------------------------------------------------------ inputs


def require_raw_folder(study):
    """Raise InputError where there is no raw folder.

    What is missing inside the folder is for the raw checks to find and to name.
    """
    entry = settings.study_entry(config, study)
    if not Path(entry["raw_folder"]).is_dir():
        raise InputError(
            entry["raw_folder"],
            expected=f"the raw files of study {study}",
            found="no such folder",
            consequence="nothing can be made from it",
            next_step=f"put them there or set studies.{study}.raw_folder in "
            + source_of(sources, ("studies", study, "raw_folder")),
        )


def existing(paths, study):
    """Keep the raw files that exist."""
    require_raw_folder(study)
    there = [path for path in paths if os.path.isfile(path)]  # False where it cannot be known
    return [ancient(path) for path in there]  # `raw_stamps` tells whether they changed


@or_stop
def raw_files(wildcards):
    paths = study_of(wildcards).raw_files(recording_of(wildcards))
    return paths if simulated_folder(wildcards) else existing(paths, wildcards.study)


def audio_files(wildcards, story):
    study = study_of(wildcards)
    paths = study.wav_files(settings.require_known("stories", story, study.stories()))
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
    """The speech model's checkpoint: none, simulated, or one that must lie there already."""
    path = embedding_settings(wildcards).get("checkpoint")
    if path is None:
        return []
    if path != simulated_checkpoint and not Path(path).exists():
        raise missing_checkpoint(wildcards, path)
    if Path(path).is_dir():  # whose own time stamp tells nothing of the files in it
        return sorted(str(file) for file in Path(path).iterdir() if file.is_file())
    return path


def missing_checkpoint(wildcards, path):
    blocks = settings.study_settings(config, wildcards.study)
    users = settings.experiments_by_embedding(config, wildcards.study)
    own = users.get(wildcards.embedding, [])
    reported = [*blocks["report"]["experiments"], *blocks["report"]["controls"]]
    asking = [name for name in reported if name in own] or own
    told = f", for the experiments {', '.join(asking)}" if asking else ""
    without = [name for name in users if "checkpoint" not in blocks["embeddings"][name]]
    key = f"embeddings.{wildcards.embedding}.checkpoint"
    set_in = source_of(sources, key.split("."))
    do_without = "".join(
        ", or do without it: behind what is to be made, `--config 'report={experiments: [NAME], "
        f"controls: []}}'` with {' or '.join(users[name])} for NAME takes the embedding {name}, "
        "which needs none"
        for name in without[:1]
    )
    return InputError(
        path,
        expected=f"the speech model of the embedding {wildcards.embedding}{told}",
        found="no such file",
        consequence="no speech can be embedded",
        next_step="put it there (README, section 'Real studies'), or set "
        f"{key} in {set_in}{do_without}",
    )


@or_stop
def fairseq_file(wildcards):
    """The checkpoint, if it is one of fairseq."""
    path = embedding_settings(wildcards).get("checkpoint")
    if path is None or Path(path).is_dir():
        raise InputError(
            f"embeddings.{wildcards.embedding}",
            expected="a checkpoint in fairseq's layout",
            found="another one" if path else "a target without a checkpoint",
            consequence="fairseq cannot be compared with",
            next_step="choose another embedding",
        )
    return checkpoint(wildcards)


def of_recordings(pattern):
    """Give an input function: `pattern` for every recording at hand."""

    @or_stop
    def paths(wildcards):
        at_hand = list(recordings_at_hand(wildcards.study))
        return expand(pattern, recording=at_hand, allow_missing=True)

    return paths


def of_stories(pattern):
    """Give an input function: `pattern` for every story at hand."""

    @or_stop
    def paths(wildcards):
        return expand(pattern, story=stories_at_hand(wildcards.study), allow_missing=True)

    return paths


def of_embedding(pattern):
    """Give an input function: `pattern` for every story at hand, in the experiment's embedding."""

    @or_stop
    def paths(wildcards):
        return expand(
            pattern,
            embedding=embedding_of(wildcards),
            story=stories_at_hand(wildcards.study),
            allow_missing=True,
        )

    return paths


def of_reported(pattern):
    """Give an input function: `pattern` for every experiment and seed of the report."""

    @or_stop
    def paths(wildcards):
        chosen = settings.study_settings(config, wildcards.study)["report"]
        return of_experiments(pattern, wildcards, chosen["experiments"])

    return paths


@or_stop
def reported_embeddings(wildcards):
    """The facts of every embedding of the report, and if asked for how far fairseq's own are."""
    reported = settings.read_by("write_report", config, study=wildcards.study)
    folder = f"results/{wildcards.study}/embeddings"
    stories = stories_at_hand(wildcards.study)
    paths = [
        f"{folder}/{name}/{story}.json" for name in reported["embeddings"] for story in stories
    ]
    if reported["blocks"]["report"]["fairseq"]:
        for name in reported["embeddings"]:
            path = reported["blocks"]["embeddings"][name].get("checkpoint")
            if path and not Path(path).is_dir():  # a folder is none of fairseq
                paths.append(f"{folder}/{name}/fairseq.json")
    return paths


def main_run(pattern):
    """Give an input or param function: `pattern` for the report's first experiment and seed."""

    @or_stop
    def path(wildcards):
        chosen = settings.study_settings(config, wildcards.study)["report"]
        main = {"experiment": chosen["experiments"][0], "seed": chosen["seeds"][0]}
        return expand(pattern, study=wildcards.study, **main)

    return path


def control_runs(pattern):
    """Give an input or param function: `pattern` for the controls that are trained, first seed."""

    @or_stop
    def paths(wildcards):
        chosen = settings.study_settings(config, wildcards.study)["report"]
        seed = chosen["seeds"][0]
        controls = {"experiment": chosen["controls"], "seed": seed}
        return expand(pattern, study=wildcards.study, **controls)

    return paths


@or_stop
def heard_in_examples(wildcards):
    """The audio and where its files begin, if the report is to be heard."""
    if not settings.study_settings(config, wildcards.study)["report"]["audio"]:
        return []
    folder = f"results/{wildcards.study}"
    stories = stories_at_hand(wildcards.study)
    kinds = ("npy", "parquet")
    return [
        f"{folder}/splits/wav_onsets.parquet",
        *(f"{folder}/audio/{story}.{kind}" for story in stories for kind in kinds),
    ]


def of_comparison(pattern):
    """Give an input function: `pattern` for every experiment and seed of a table of the paper."""

    @or_stop
    def paths(wildcards):
        rows = COMPARISONS[wildcards.comparison].rows
        return of_experiments(pattern, wildcards, [row.experiment for row in rows])

    return paths


def of_sweep(pattern):
    """Give an input function: `pattern` for every point and seed of a sweep, and for its base."""

    @or_stop
    def paths(wildcards):
        base = settings.swept_experiment(config, wildcards.study)
        points = sweep_experiments(wildcards)
        return of_experiments(pattern, wildcards, dict.fromkeys([base, *points]))

    return paths


def of_experiments(pattern, wildcards, experiments):
    for experiment in experiments:
        check_asked(wildcards.study, experiment)
    seeds = settings.study_settings(config, wildcards.study)["report"]["seeds"]
    return expand(pattern, experiment=experiments, seed=seeds, allow_missing=True)


@or_stop
def sweep_experiments(wildcards):
    """The experiments that are the points of a sweep."""
    exclude = settings.study_entry(config, wildcards.study)["exclude"]
    at_hand = stories_at_hand(wildcards.study)
    used = [
        recording
        for recording in recordings_at_hand(wildcards.study).values()
        if recording.story in at_hand
        and not reason_to_exclude(exclude, recording=recording.id, subject=recording.subject)
    ]
    heard = {recording.story for recording in used}
    stories = [story for story in at_hand if story in heard]
    every = {"subjects": sorted({recording.subject for recording in used}), "stories": stories}
    return settings.sweep_points(config, wildcards.study, wildcards.sweep, every)


# ------------------------------------------------------------------------------------------ params


def embedding_settings(wildcards):
    return settings.read_by("embed_speech", config, **dict(wildcards.items()))


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


def raw_stamps(reader_output, *files):
    """Give a param function: by what the raw files are told apart, as one text.

    `files` are the rule's input functions; the seal of `reader_output` tells what was read last.
    Those of a simulation are made by a rule, which Snakemake follows by itself.
    """

    @or_stop
    def text(wildcards):
        if simulated_folder(wildcards):
            return "{}"
        paths = [Path(path) for each in files for path in each(wildcards)]
        stamps = stamps_of(paths, Path(reader_output.format(**wildcards)), known_hashes)
        return settings.canonical_json(stamps)

    return text


def fetched_settings(study, **others):
    """Give a param function: a study's subjects, and what else its download reads, as one text."""

    @or_stop
    def text(wildcards):
        subjects = sorted({recording.subject for recording in recordings_of(study).values()})
        return settings.canonical_json(others | {"subjects": subjects})

    return text


def same_workflow(wildcards, threads):
    """Arguments with which Snakemake sees the same rules and studies as this run.

    Not tracked, because it is asked for threads: where the clone lies does not change the graph.
    """
    given = workflow.config_settings
    arguments = ["--snakefile", str(workflow.main_snakefile)]
    arguments += ["--configfile", *map(str, given.configfiles)] if given.configfiles else []
    arguments += ["--config", *given.config_args] if given.config_args else []
    return shlex.join(arguments)


def rules_fingerprint(wildcards):
    """A hash of everything that says which rules there are; lines of comment do not count."""
    files = [Path(workflow.basedir) / "Snakefile", *Path(workflow.basedir, "rules").glob("*.smk")]
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(files))
    return hashlib.sha256(re.sub(r"(?m)^ *#.*\n", "", text).encode()).hexdigest()


def training_launcher(wildcards, resources):
    """How a training is run; not tracked, as it is asked for resources: it changes no result."""
    processes = config["running"]["processes"]
    return "python" if processes == 1 else f"torchrun --standalone --nproc-per-node {processes}"


def training_options(wildcards, resources):
    """Options that change no result, and so are not tracked either.

    On a cluster, a training ends by itself before its job's time is up, and is retried.
    """
    running = config["running"]
    options = {
        "--checkpoint-minutes": running["checkpoint_minutes"],
        "--watch": running["watch"],
        "--max-minutes": running["max_minutes"],
    }
    if workflow.remote_exec and running["max_minutes"] is None:
        minutes = resources.runtime
        options["--max-minutes"] = minutes - min(10, minutes / 4)
    return " ".join(f"{name} {value}" for name, value in options.items() if value is not None)


def growing(amount):
    """Give a resource function: `amount`, and as much again with every attempt after a failure."""
    return lambda wildcards, attempt: amount * attempt


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


fingerprint_of = functools.cache(code_fingerprint)  # asked for by every job


def code_of(script, found_by_name=None):
    """Give a param function: the fingerprint of the code that a script reaches.

    `found_by_name(wildcards)` is a module that the script imports by a name among its settings.
    """

    @or_stop
    def fingerprint(wildcards):
        return fingerprint_of(script, *([found_by_name(wildcards)] if found_by_name else []))

    return fingerprint


# What the outputs of a rule depend on besides its inputs.
SEALED_PARAMS = ("study", "wavs", "embedding", "run", "controls", "settings", "code")


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
    expected = {name: sorted(digests) for name, digests in expected.items()}
    return settings.canonical_json(job | {"expected": expected})


@functools.cache
def maker_of(path):
    """The rule that makes a file, a digest of the settings it uses for it, and of its code."""
    maker = next(each for each in workflow.rules if each.is_producer(path))
    return maker.name, *made_with(maker, tuple(maker.get_wildcards(path).items()))


def drawn_with(draft):
    """Give a param function: by which rule, settings and code a draft is made.

    An attempt to draw it that failed left no record of them, and the earlier page would count as up
    to date.
    """

    @or_stop
    def text(wildcards):
        return settings.canonical_json(maker_of(draft.format(**dict(wildcards.items()))))

    return text


@functools.cache
def made_with(maker, wildcards):
    found = Wildcards(fromdict=dict(wildcards))
    given = {name: maker.params.get(name) for name in SEALED_PARAMS}
    given = {name: find(found) for name, find in given.items() if find}
    code = given.pop("code", None)
    given["wildcards"] = dict(wildcards)  # one experiment is never taken for another
    return hashlib.sha256(settings.canonical_json(given).encode()).hexdigest()[:8], code


def reader_module(wildcards):
    reader = settings.study_entry(config, wildcards.study)["reader"]
    return f"speech_decoding.studies.{reader}"


def target_module(wildcards):
    return targets.module_of(embedding_settings(wildcards)["target"])


def architecture_module(wildcards):
    blocks = settings.experiment_settings(config, wildcards.study, wildcards.experiment)
    return decoder.module_of(blocks["decoder"]["architecture"])
