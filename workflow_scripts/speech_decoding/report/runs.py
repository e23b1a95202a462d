"""The runs of an experiment, as the steps before the report left them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbing.files import read_csv, read_json, read_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """One trained decoder: its description (decoder.json), its training, its retrieval, and its
    attention to sensors."""

    seed: int
    description: dict[str, Any]
    history: "pd.DataFrame"
    metrics: dict[str, Any]
    retrieval: "pd.DataFrame"
    attention: "pd.DataFrame"


def load_run(folder: Path, seed: int) -> Run:
    """Read a run from the folder of its experiment; raises InputError if a file is damaged."""
    own = folder / f"seed-{seed}"
    return Run(
        seed=seed,
        description=read_json(own / "decoder.json"),
        history=read_csv(own / "history.csv"),
        metrics=read_json(own / "metrics.json"),
        retrieval=read_table(own / "retrieval.parquet"),
        attention=read_table(own / "attention.parquet"),
    )
