"""What a report is made of: a study's files, and the numbers that sum them up."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speech_decoding.errors import InputError
from speech_decoding.files import read_json, read_table
from speech_decoding.report.provenance import describe_origin
from speech_decoding.report.summary import count_data, summarise_runs
from speech_decoding.studies import Facts, open_study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """One trained decoder: what it is (decoder.json), how it was trained and what it retrieved."""

    seed: int
    description: dict[str, Any]
    history: "pd.DataFrame"
    metrics: dict[str, Any]
    retrieval: "pd.DataFrame"


@dataclass(frozen=True)
class Quality:
    """What preprocessing found of one recording: figures (quality.json) and a picture (PNG)."""

    figures: dict[str, Any]
    picture: bytes


@dataclass(frozen=True)
class Contents:
    """Everything that a report shows.

    entry and settings: the study's entry and blocks of settings in config.yaml; facts, of its
    reader; left_out, what of the study is not among its recordings, and why; checks, alignment,
    blocks, chunks and segments: tables of the earlier stages; quality: of each used recording;
    proof: that no audio is in two splits; experiments: the runs of each, a run per seed; origin:
    versions; metrics: the numbers, ready to be written as JSON.
    """

    study: str
    entry: dict[str, Any]
    settings: dict[str, Any]
    facts: Facts
    left_out: dict[str, str]
    checks: "pd.DataFrame"
    alignment: "pd.DataFrame"
    quality: dict[str, Quality]
    proof: dict[str, Any]
    blocks: "pd.DataFrame"
    chunks: "pd.DataFrame"
    segments: "pd.DataFrame"
    experiments: dict[str, list[Run]]
    origin: dict[str, str]
    metrics: dict[str, Any]

    @property
    def simulated(self) -> bool:
        """Whether the raw files were simulated, not recorded."""
        return "simulation" in self.entry


def load_contents(
    results: Path, *, study: str, entry: dict[str, Any], blocks: dict[str, Any]
) -> Contents:
    """Read a study's results.

    Parameters: results, the study's results folder; study, its name; entry, its entry in
    config.yaml; blocks, all blocks of settings with the study's overrides.
    Raises: InputError if a file is missing or damaged.
    """
    chosen, top_k = blocks["report"], blocks["evaluation"]["top_k"]
    tables = {
        "checks": read_table(results / "checks.parquet"),
        "chunks": read_table(results / "splits" / "chunks.parquet"),
        "segments": read_table(results / "segments" / "segments.parquet"),
    }
    experiments = {
        name: [_load_run(results / "experiments" / name, seed) for seed in chosen["seeds"]]
        for name in chosen["experiments"]
    }
    metrics = {
        "study": study,
        "title": entry["title"],
        "simulated": "simulation" in entry,
        **count_data(**tables),
        "experiments": {
            name: summarise_runs(runs, top_k=top_k) for name, runs in experiments.items()
        },
    }
    used = tables["checks"].query("verdict != 'excluded'")["recording"]
    reader = open_study(entry["reader"], entry["raw_folder"], entry["layout"])
    return Contents(
        study=study,
        entry=entry,
        settings=blocks,
        facts=reader.facts,
        left_out=reader.left_out(),
        alignment=read_table(results / "alignment.parquet"),
        quality={name: _load_quality(results / "recordings" / name) for name in used},
        proof=read_json(results / "segments" / "proof.json"),
        blocks=read_table(results / "splits" / "blocks.parquet"),
        experiments=experiments,
        origin=describe_origin(),
        metrics=metrics,
        **tables,
    )


def _load_quality(folder: Path) -> Quality:
    return Quality(read_json(folder / "quality.json"), (folder / "quality.png").read_bytes())


def _load_run(folder: Path, seed: int) -> Run:
    own = folder / f"seed-{seed}"
    return Run(
        seed=seed,
        description=read_json(own / "decoder.json"),
        history=_read_history(own / "history.csv"),
        metrics=read_json(own / "metrics.json"),
        retrieval=read_table(own / "retrieval.parquet"),
    )


def _read_history(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' errors derive from ValueError
        raise InputError(
            path,
            expected="a training history written by an earlier step",
            found=f"{type(error).__name__}: {error}",
            consequence="the report cannot be written",
            next_step="delete the file and give the same command again",
        ) from error
