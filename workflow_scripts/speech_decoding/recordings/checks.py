"""Verdicts on raw recordings: what is used, with what reservation, and what is left out and why."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from speech_decoding.errors import InputError
from speech_decoding.studies import Recording, StudyReader

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["recording", "subject", "session", "story", "verdict", "reasons"]


def judge_recording(study: StudyReader, recording: Recording) -> dict[str, Any]:
    """Check one recording's raw files and give its verdict, whatever is wrong with them.

    Returns: the columns of COLUMNS, with verdict "used", "warning" (used all the same) or
    "excluded", and reasons, a list of sentences.
    """
    findings = study.check(recording)
    severities = {finding.severity for finding in findings}
    verdict = "excluded" if "fault" in severities else "warning" if severities else "used"
    return {
        "recording": recording.id,
        "subject": recording.subject,
        "session": recording.session,
        "story": recording.story,
        "verdict": verdict,
        "reasons": [finding.sentence for finding in findings],
    }


def judge_study(
    verdicts: Iterable[dict[str, Any]], *, exclude: dict[str, str], allow_missing: bool
) -> "pd.DataFrame":
    """Join the verdicts of a study's recordings and decide whether it can run.

    Parameters: exclude, from recording or subject to the reason for leaving it out;
    allow_missing, whether to go on without recordings that cannot be used.
    Returns: a row per recording, COLUMNS, reasons joined to one text.
    Raises: InputError, naming every unusable recording, unless that is allowed; and if none is
    left.
    """
    import pandas as pd

    rows, unusable = [], []
    for verdict in verdicts:
        wish = exclude.get(verdict["recording"]) or exclude.get(verdict["subject"])
        if wish:
            verdict = verdict | {"verdict": "excluded", "reasons": [f"By config.yaml: {wish}."]}
        elif verdict["verdict"] == "excluded":
            unusable.append(verdict)
        rows.append(verdict | {"reasons": " ".join(verdict["reasons"])})
    table = pd.DataFrame(rows, columns=COLUMNS)
    if unusable and not allow_missing:
        sentences = " ".join(reason for row in unusable for reason in row["reasons"])
        raise InputError(
            f"{len(unusable)} of {len(table)} recordings",
            expected="recordings that can be used",
            found=sentences.rstrip("."),
            consequence="the study is incomplete and nothing after the checks was run",
            next_step="repair them, name them under `exclude` with a reason, or set "
            "check.allow_missing to true",
        )
    if (table["verdict"] == "excluded").all():
        raise InputError(
            "checks",
            expected="at least one recording that can be used",
            found=f"all {len(table)} excluded",
            consequence="there is nothing to decode",
            next_step="see the reasons in the verdicts beside this table",
        )
    return table
