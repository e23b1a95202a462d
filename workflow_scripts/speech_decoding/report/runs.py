"""The runs of an experiment, as the steps before the report left them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbing.results import ATTENTION, DESCRIPTION, HISTORY, METRICS, RETRIEVAL, Results

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


def load_run(results: Results, experiment: str, seed: int) -> Run:
    """Read a run of a study; raises InputError if a file is missing or damaged."""
    own = results.of(experiment=experiment, seed=seed)
    return Run(
        seed=seed,
        description=own.read(DESCRIPTION),
        history=own.read(HISTORY),
        metrics=own.read(METRICS),
        retrieval=own.read(RETRIEVAL),
        attention=own.read(ATTENTION),
    )
