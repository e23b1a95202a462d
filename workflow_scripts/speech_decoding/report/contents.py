"""The contents of a report: a study's files, and the numbers that sum them up."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbing import files
from plumbing.results import (
    ALIGNMENT,
    AUDIO,
    BENCHMARKS,
    BLOCKS,
    CHECKS,
    CHUNKS,
    CONTROLS,
    EMBEDDING,
    FAIRSEQ,
    FINDINGS,
    PROOF,
    QUALITY,
    QUALITY_PICTURE,
    RETRIEVAL,
    SEGMENTS,
    VERDICTS,
    WAV_ONSETS,
    WEIGHTS,
    WORDS,
    Results,
)
from speech_decoding.report.costs import Cost, read_costs
from speech_decoding.report.listening import Listening
from speech_decoding.report.provenance import describe_origin
from speech_decoding.report.runs import Run, load_run
from speech_decoding.report.summary import compare_subjects, count_data, summarise_runs
from speech_decoding.segments.heard_audio import read_wavs
from speech_decoding.segments.windows import Window
from speech_decoding.studies import Facts, open_study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Quality:
    """The signal quality of one recording: figures (quality.json) and a picture (PNG)."""

    figures: dict[str, Any]
    picture: bytes


@dataclass(frozen=True)
class SpeechModel:
    """The speech model of an embedding, and its difference from fairseq, None if not compared."""

    facts: dict[str, Any]
    fairseq: dict[str, Any] | None


@dataclass(frozen=True)
class Contents:
    """Everything that a report shows.

    entry and settings: the study's entry and blocks of settings in config.yaml; facts, of its
    reader; left_out: parts of the study without any used recording, each with its reason; checks,
    findings, alignment, blocks, chunks and segments: tables of the earlier stages; quality: of each
    used recording; proof: that no audio is in two splits; embeddings: the speech model of each;
    experiments: the runs of each, one per seed; controls, of the first experiment and seed, and
    verdicts on them; words: all that were spoken; listening: gives the speech of examples, None for
    a page without sound; origin: versions; costs: of each rule; hashes: SHA-256 of the files that
    the numbers rest on; metrics: the numbers, ready to be written as JSON.
    """

    study: str
    entry: dict[str, Any]
    settings: dict[str, Any]
    facts: Facts
    left_out: dict[str, str]
    checks: "pd.DataFrame"
    findings: "pd.DataFrame"
    alignment: "pd.DataFrame"
    quality: dict[str, Quality]
    proof: dict[str, Any]
    embeddings: dict[str, SpeechModel]
    blocks: "pd.DataFrame"
    chunks: "pd.DataFrame"
    segments: "pd.DataFrame"
    experiments: dict[str, list[Run]]
    controls: dict[str, Any]
    verdicts: list[dict[str, Any]]
    words: "pd.DataFrame"
    listening: Listening | None
    origin: dict[str, str]
    costs: list[Cost]
    hashes: dict[str, str]
    metrics: dict[str, Any]

    @property
    def simulated(self) -> bool:
        """Whether the raw files were simulated, not recorded."""
        return "simulation" in self.entry

    @property
    def main_experiment(self) -> str:
        """The first experiment of the report, whose accuracy is the study's result."""
        return next(iter(self.experiments))

    @property
    def main_result(self) -> dict[str, Any]:
        """The numbers of the main experiment, over all seeds (`summary.summarise_runs`)."""
        return self.metrics["experiments"][self.main_experiment]

    @property
    def main_run(self) -> Run:
        """The first seed of the main experiment."""
        return self.experiments[self.main_experiment][0]

    @property
    def headline_k(self) -> int:
        """The k of the headline: 10 as in the paper, or the largest that was evaluated."""
        top_k = self.settings["evaluation"]["top_k"]
        return 10 if 10 in top_k else max(top_k)


def load_contents(
    results: Results,
    *,
    study: str,
    entry: dict[str, Any],
    blocks: dict[str, Any],
    embeddings: list[str],
) -> Contents:
    """Read a study's results.

    Parameters: study, its name; entry, its entry in
    config.yaml; blocks, all blocks of settings with the study's overrides; embeddings, those of
    the reported experiments.
    Raises: InputError if a file is missing or damaged.
    """
    chosen, top_k = blocks["report"], blocks["evaluation"]["top_k"]
    tables = {
        "checks": results.read(CHECKS),
        "chunks": results.read(CHUNKS),
        "segments": results.read(SEGMENTS),
    }
    experiments = {
        name: [load_run(results, name, seed) for seed in chosen["seeds"]]
        for name in chosen["experiments"]
    }
    main = results.of(experiment=chosen["experiments"][0], seed=chosen["seeds"][0])
    verdicts = results.read(VERDICTS)
    summaries = {name: summarise_runs(runs, top_k=top_k) for name, runs in experiments.items()}
    first = next(iter(summaries.values()))
    for summary in summaries.values():
        summary["p_value_against_first"] = (
            None if summary is first else compare_subjects(summary, first, top_k=top_k)
        )
    metrics = {
        "study": study,
        "title": entry["title"],
        "simulated": "simulation" in entry,
        **count_data(**tables),
        "experiments": summaries,
        "verdicts": {verdict["name"]: verdict["passed"] for verdict in verdicts},
    }
    used = tables["checks"].query("verdict != 'excluded'")
    reader = open_study(entry["reader"], entry["raw_folder"], entry["layout"])
    stories = [story for story in reader.stories() if story in set(used["story"])]
    unheard = {
        f"story {story}": "not heard in any used recording"
        for story in reader.stories()
        if story not in stories
    }
    return Contents(
        study=study,
        entry=entry,
        settings=blocks,
        facts=reader.facts,
        left_out=unheard | reader.left_out(),
        findings=results.read(FINDINGS),
        alignment=results.read(ALIGNMENT),
        quality={name: _load_quality(results.of(recording=name)) for name in used["recording"]},
        proof=results.read(PROOF),
        embeddings={
            name: _load_speech_model(
                results.of(embedding=name), stories[0], compared=chosen["fairseq"]
            )
            for name in embeddings
        },
        blocks=results.read(BLOCKS),
        experiments=experiments,
        controls=main.read(CONTROLS),
        verdicts=verdicts,
        words=results.read(WORDS),
        listening=_load_listening(results, stories, blocks) if chosen["audio"] else None,
        origin=describe_origin(),
        costs=read_costs(results.path(BENCHMARKS)),
        hashes=_hash_what_numbers_rest_on(results, chosen),
        metrics=metrics,
        **tables,
    )


def _hash_what_numbers_rest_on(results: Results, chosen: dict[str, Any]) -> dict[str, str]:
    """Give the SHA-256 of the files that the page's numbers follow from, by their places."""
    kept = [(name, {}) for name in (CHECKS, BLOCKS, CHUNKS, WORDS, SEGMENTS, PROOF)]
    kept += [
        (name, {"experiment": experiment, "seed": seed})
        for experiment in chosen["experiments"]
        for seed in chosen["seeds"]
        for name in (WEIGHTS, RETRIEVAL)
    ]
    kept.append((VERDICTS, {}))
    return {
        results.path(name, **which).relative_to(results.folder).as_posix(): results.hash_of(
            name, **which
        )
        for name, which in kept
    }


def _load_listening(results: Results, stories: list[str], blocks: dict[str, Any]) -> Listening:
    rate_hz, segments = blocks["audio"]["rate_hz"], blocks["segments"]
    return Listening(
        {story: results.read(AUDIO, story=story) for story in stories},
        results.read(WAV_ONSETS),
        read_wavs(results, stories, rate_hz),
        rate_hz=rate_hz,
        window=Window(segments["start_s"], segments["stop_s"], blocks["preprocess"]["rate_hz"]),
    )


def _load_quality(results: Results) -> Quality:
    return Quality(results.read(QUALITY), results.read(QUALITY_PICTURE))


def _load_speech_model(results: Results, story: str, *, compared: bool) -> SpeechModel:
    facts, fairseq = results.read(EMBEDDING, story=story), results.path(FAIRSEQ)
    # What an earlier run compared may have been another model; a mel spectrum is never compared.
    # fairseq's environment does not hold this library, and so seals nothing.
    there = compared and fairseq.is_file()
    return SpeechModel(facts, files.read(fairseq) if there else None)
