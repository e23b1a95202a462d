"""The accuracies of experiments, side by side: on the same test segments and subjects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plumbing.results import DESCRIPTION, METRICS, RETRIEVAL, Results
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.uncertainty import signed_rank_p_value
from speech_decoding.report.summary import over_seeds

if TYPE_CHECKING:
    import pandas as pd

K = 10  # of the paper's tables


@dataclass(frozen=True)
class Outcome:
    """The retrieval of an experiment.

    found: a row per test segment, its subject and story, and for each seed a column that states
    whether the segment is among the ten best; n_candidates: among how many; description: what was
    trained (decoder.json of the first seed); n_training_segments: with how many.
    """

    experiment: str
    found: "pd.DataFrame"
    n_candidates: int
    description: dict[str, Any]
    n_training_segments: int

    @property
    def seeds(self) -> list[int]:
        return [column for column in self.found.columns if isinstance(column, int)]

    @property
    def chance(self) -> float:
        return min(1.0, K / self.n_candidates)

    def among(self, column: str, names: Sequence[str]) -> "Outcome":
        """Give the outcome on the segments of some subjects or stories alone."""
        return replace(self, found=self.found[self.found[column].isin(names)])

    def accuracy(self) -> dict[str, Any]:
        """Give top-10 accuracy over seeds (`summary.over_seeds`)."""
        return over_seeds({seed: float(self.found[seed].mean()) for seed in self.seeds})

    def of_subjects(self) -> dict[str, float]:
        """Give each subject's top-10 accuracy, averaged over seeds."""
        mean = self.found[self.seeds].mean(axis=1).groupby(self.found["subject"]).mean()
        return {str(subject): float(value) for subject, value in mean.items()}


def load_outcome(results: Results, experiment: str, seeds: Sequence[int]) -> Outcome:
    """Read the retrieval of an experiment with each seed.

    Raises: InputError if a file is missing or damaged.
    """
    runs = {seed: results.of(experiment=experiment, seed=seed) for seed in seeds}
    metrics = runs[seeds[0]].read(METRICS)
    count = metrics["n_candidates"]
    tables = {seed: run.read(RETRIEVAL) for seed, run in runs.items()}
    found = tables[seeds[0]][["subject", "story"]].copy()
    for seed, table in tables.items():
        found[seed] = hits(ranks_of(table), K, count)
    return Outcome(
        experiment,
        found,
        count,
        runs[seeds[0]].read(DESCRIPTION),
        metrics["n_training_segments"],
    )


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """Put the test segments of several outcomes together, such as those of each left-out subject.

    The rest is that of the first.
    """
    import pandas as pd

    return replace(outcomes[0], found=pd.concat([own.found for own in outcomes]))


def compare(own: Outcome, reference: Outcome) -> dict[str, float | None]:
    """Compare an outcome with the reference.

    Returns: `delta`, of the accuracies averaged over seeds, and `p_value`, of the Wilcoxon
    signed-rank test over subjects, both averaged over seeds (protocol 8.5).
    """
    delta = own.accuracy()["mean"] - reference.accuracy()["mean"]
    return {
        "delta": delta,
        "p_value": signed_rank_p_value(own.of_subjects(), reference.of_subjects()),
    }
