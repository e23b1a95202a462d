"""The paper's own results, shown beside a study's so that nobody mistakes one for the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperResult:
    """Top-10 accuracy over three seeds, and that of its random model; shares in [0, 1]."""

    mean: float
    sd: float
    chance: float


# By the study's reader; the paper's Table 2, last and first row (REFERENCE 8.3).
TOP_10 = {
    "gwilliams": PaperResult(mean=0.707, sd=0.001, chance=0.007),
    "brennan": PaperResult(mean=0.257, sd=0.029, chance=0.053),
}
