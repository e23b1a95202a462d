"""Findings about many recordings, told once per cause instead of once per recording."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from speech_decoding.studies import Finding

if TYPE_CHECKING:
    import pandas as pd

_PARTS = [field.name for field in fields(Finding)]
COLUMNS = ["recording", *_PARTS]

# What findings of one cause share; faults are told before warnings.
_CAUSE = ["severity", "expected", "consequence", "next_step"]


@dataclass(frozen=True)
class Cause:
    """What is wrong with some recordings alike.

    Attributes: severity, "fault" or "warning"; recordings, their ids, in the table's order; first,
    what was found in the first of them.
    """

    severity: str
    recordings: tuple[str, ...]
    first: Finding


def tabulate_findings(findings: Iterable[tuple[str, Finding]]) -> "pd.DataFrame":
    """Give a row per finding: COLUMNS, the recording's id before the finding's parts.

    Rows are sorted by all columns, so that the same findings give the same table.
    """
    import pandas as pd

    rows = [(name, *(getattr(finding, part) for part in _PARTS)) for name, finding in findings]
    return pd.DataFrame(sorted(rows), columns=COLUMNS, dtype="string")


def group_by_cause(findings: "pd.DataFrame") -> list[Cause]:
    """Group findings (COLUMNS) by their cause: faults first, then what concerns most recordings."""
    causes = [
        Cause(
            severity=rows.iloc[0]["severity"],
            recordings=tuple(dict.fromkeys(rows["recording"])),
            first=Finding(*rows.iloc[0][_PARTS]),
        )
        for _, rows in findings.groupby(_CAUSE, sort=True)
    ]
    return sorted(causes, key=lambda cause: (cause.severity, -len(cause.recordings)))


def tell_causes(causes: Sequence[Cause], *, most: int = 20, names: int = 5) -> list[str]:
    """Give a line per cause: how many recordings, which, and what was found in the first of them.

    Parameters: most, causes told; names, recordings named of each.
    """
    lines = []
    for cause in causes[:most]:
        count = len(cause.recordings)
        named = ", ".join(cause.recordings[:names])
        more = f" and {count - names} more" if count > names else ""
        noun = "recording" if count == 1 else "recordings"
        lines.append(f"- {count} {noun} ({named}{more}): {cause.first.sentence}")
    if len(causes) > most:
        lines.append(f"- {len(causes) - most} more causes; the verdicts hold all of them.")
    return lines
