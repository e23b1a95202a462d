"""Time and memory of each step: the benchmark files that Snakemake writes, by rule."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plumbing.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# Snakemake's marks for values of jobs that ended too soon to be measured.
_UNKNOWN = ["-", "NA"]


@dataclass(frozen=True)
class Cost:
    """The jobs of one rule together; memory_mib, resident, of the largest; None if not measured."""

    rule: str
    jobs: int
    total_s: float
    longest_s: float
    memory_mib: float | None
    processor_s: float | None


def read_costs(folder: Path) -> list[Cost]:
    """Sum up the benchmark files below `folder`, the longest rule first.

    A rule's files are {rule}.tsv, or any .tsv below the folder {rule}.

    Raises: InputError if a file is damaged.
    """
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        files.setdefault(path.relative_to(folder).parts[0].removesuffix(".tsv"), []).append(path)
    costs = [_sum_up(rule, paths) for rule, paths in files.items()]
    return sorted(costs, key=lambda cost: (-cost.total_s, cost.rule))


def _sum_up(rule: str, paths: list[Path]) -> Cost:
    import pandas as pd

    jobs = pd.concat([_read(path) for path in paths], ignore_index=True)
    memory_mib, processor_s = jobs["max_rss"].max(), jobs["cpu_time"].sum(min_count=1)
    return Cost(
        rule,
        len(jobs),
        float(jobs["s"].sum()),
        float(jobs["s"].max()),
        None if pd.isna(memory_mib) else float(memory_mib),
        None if pd.isna(processor_s) else float(processor_s),
    )


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", na_values=_UNKNOWN)
        return table[["s", "max_rss", "cpu_time"]].astype(float)
    except (OSError, ValueError, KeyError) as error:  # pandas' errors derive from ValueError
        raise InputError(
            path,
            expected="a benchmark file of Snakemake",
            found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            consequence="the report cannot show the cost of this step",
            next_step="delete the file and give the same command again",
        ) from error
