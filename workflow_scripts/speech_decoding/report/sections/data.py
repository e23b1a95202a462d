"""Recordings before and after exclusion, the causes of exclusions and warnings, the stories."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speech_decoding.recordings.causes import group_by_cause
from speech_decoding.report.contents import Contents
from speech_decoding.report.summary import audio_seconds

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Data and exclusions"
ORDER = 30


@dataclass(frozen=True)
class Remark:
    """A cause of exclusions or warnings, with all recordings that share it.

    excluded: whether the recordings are excluded or used with a warning; recordings: their ids;
    text: one sentence, with the details of the first recording.
    """

    excluded: bool
    recordings: tuple[str, ...]
    text: str


def show(contents: Contents) -> dict[str, Any]:
    checks = contents.checks
    used = checks[checks["verdict"] != "excluded"]
    audio_s = audio_seconds(contents.chunks).sum(axis=1)
    stories = [
        {
            "story": story,
            "audio_s": float(audio_s.get(story, 0.0)),
            "expected": len(rows),
            "used": int((rows["verdict"] != "excluded").sum()),
            "subjects": int(used.loc[used["story"] == story, "subject"].nunique()),
            "segments": int((contents.segments["story"] == story).sum()),
        }
        for story, rows in checks.groupby("story", sort=False)
    ]
    return {"stories": stories, "remarks": list_remarks(checks, contents.findings)}


def list_remarks(checks: "pd.DataFrame", findings: "pd.DataFrame") -> list[Remark]:
    """List all remarks on a study's recordings: faults, exclusions by config.yaml, then warnings.

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
