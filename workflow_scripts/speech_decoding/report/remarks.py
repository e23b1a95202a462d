"""What is to be known of recordings: why they are excluded or used with a warning, once a cause."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from speech_decoding.recordings.causes import group_by_cause

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Remark:
    """Something that concerns some recordings alike.

    excluded: whether they are left out for it, or used with a warning; recordings: their ids; text:
    one sentence, with what was found in the first of them.
    """

    excluded: bool
    recordings: tuple[str, ...]
    text: str


def list_remarks(checks: "pd.DataFrame", findings: "pd.DataFrame") -> list[Remark]:
    """List all remarks on a study's recordings: faults first, then wishes of config.yaml, warnings.

    Parameters: checks, a row per recording; findings, a row per finding (`causes.COLUMNS`).
    """
    causes = [
        Remark(cause.severity == "fault", cause.recordings, cause.first.sentence)
        for cause in group_by_cause(findings)
    ]
    faulty = findings.loc[findings["severity"] == "fault", "recording"]
    wished = checks[(checks["verdict"] == "excluded") & ~checks["recording"].isin(faulty)]
    wishes = [
        Remark(True, tuple(rows["recording"]), reason)
        for reason, rows in wished.groupby("reasons", sort=False)
    ]
    return sorted(causes + wishes, key=lambda remark: not remark.excluded)
