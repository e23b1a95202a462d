"""The published results, shown beside those of a study and marked as such."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PaperResult:
    """Top-10 accuracy over three seeds, and that of its random model; shares in [0, 1]."""

    mean: float
    sd: float
    chance: float


@dataclass(frozen=True)
class Row:
    """An experiment beside its published result.

    experiment: its name in config.yaml; title: what it is; published: mean and standard deviation
    of top-10 accuracy in percent, by the study's reader; mean: the same over the paper's four
    studies; p_value: of the paper's 175 subjects against the reference, None for the reference.
    """

    experiment: str
    title: str
    published: Mapping[str, tuple[float, float]]
    mean: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A table of the paper: its source, its rows, and the experiment that deltas refer to."""

    title: str
    source: str
    reference: str
    rows: tuple[Row, ...]

    def row(self, experiment: str) -> Row:
        """Give the row of an experiment."""
        return next(row for row in self.rows if row.experiment == experiment)


def _row(
    experiment: str,
    title: str,
    gwilliams: tuple[float, float],
    brennan: tuple[float, float],
    mean: float | None = None,
    p_value: float | None = None,
) -> Row:
    return Row(experiment, title, {"gwilliams": gwilliams, "brennan": brennan}, mean, p_value)


# By the name of the page.
COMPARISONS = {
    # protocol 8.3
    "paper_table": Comparison(
        "Models",
        "Table 2",
        "main",
        (
            _row("random", "Random model", (0.7, 0.1), (5.3, 0.1)),
            _row("base", "Base model: regression of the mel spectrogram", (12.4, 1.2), (6.0, 0.9)),
            _row("contrastive", "+ contrastive loss", (55.1, 0.7), (8.0, 4.8)),
            _row("deep_mel", "+ deep mel", (64.4, 0.8), (24.7, 3.2)),
            _row("main", "+ wav2vec 2.0", (70.7, 0.1), (25.7, 2.9)),
        ),
    ),
    # protocol 8.5
    "ablations": Comparison(
        "Ablations",
        "table of ablations, as in the published notebook",
        "main",
        (
            _row("main", "Reference model, wav2vec 2.0", (66.7, 0.15), (25.7, 2.93), 43.3),
            _row(
                "subject_embedding",
                "Subject embedding instead of subject layer",
                (66.7, 0.25),
                (29.4, 0.59),
                43.8,
                5.7e-3,
            ),
            _row("clamp_100", "Clamping at 100 instead of 20", (66.5, 0.36), (27.1, 2.63), 43.4),
            _row(
                "no_spatial_dropout",
                "No spatial attention dropout",
                (65.2, 0.09),
                (26.8, 0.68),
                42.9,
                0.108,
            ),
            _row("relu", "ReLU instead of GELU", (64.9, 1.29), (24.6, 2.12), 41.9, 3.7e-17),
            _row(
                "no_residual", "No residual connections", (62.4, 0.30), (24.3, 2.67), 40.8, 9.8e-21
            ),
            _row(
                "no_final_convolutions",
                "No final convolutions",
                (65.1, 0.92),
                (19.0, 4.40),
                40.6,
                5.3e-10,
            ),
            _row("no_initial_layer", "No initial layer", (64.0, 0.62), (22.1, 1.92), 40.2, 7.7e-28),
            _row(
                "no_spatial_attention",
                "No spatial attention",
                (61.9, 0.35),
                (20.6, 2.15),
                40.0,
                7.2e-21,
            ),
            _row("no_glu", "No GLU", (66.3, 0.17), (6.0, 0.17), 36.5, 4.3e-14),
            _row("no_subject_layer", "No subject layer", (44.3, 1.24), (20.2, 1.34), 28.4, 8.5e-30),
            _row("no_clamp", "No clamping", (22.3, 23.17), (14.1, 1.02), 9.7, 1.9e-30),
        ),
    ),
}


def compared_experiments(name: str) -> list[str]:
    """Name the experiments of a table of the paper."""
    return [row.experiment for row in COMPARISONS[name].rows]


def _top_10(reader: str) -> PaperResult:
    models = COMPARISONS["paper_table"]
    mean, sd = models.row(models.reference).published[reader]
    chance, _ = models.row("random").published[reader]
    return PaperResult(mean=mean / 100, sd=sd / 100, chance=chance / 100)


# By the study's reader; of the last and the first row.
TOP_10 = {reader: _top_10(reader) for reader in ("gwilliams", "brennan")}
