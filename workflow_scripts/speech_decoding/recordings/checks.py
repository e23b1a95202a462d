"""Verdicts on raw recordings: what is used, with what reservation, and what is left out and why."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from speech_decoding.errors import InputError
from speech_decoding.recordings.event_checks import check_audio, check_events
from speech_decoding.recordings.signal_checks import check_signal
from speech_decoding.studies import Finding, Recording, StudyReader, reason_to_exclude

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["recording", "subject", "session", "story", "verdict", "reasons"]


def judge_recording(study: StudyReader, recording: Recording) -> dict[str, Any]:
    """Check one recording's raw files and give its verdict, whatever is wrong with them.

    Files that are not what they should be are not read; otherwise samples, events and audio are
    looked at, each even if another is at fault.

    Returns: the columns of COLUMNS, with verdict "used", "warning" (used all the same) or
    "excluded", and reasons, a list of sentences; and bad_channels, names of flat sensors.
    """
    findings: list[Finding] = []
    bad_channels: list[str] = []
    with _collecting(findings, recording):
        findings += study.check(recording)
    if not any(finding.severity == "fault" for finding in findings):
        signal_file, duration_s = study.raw_files(recording)[0], float("inf")
        with _collecting(findings, recording):
            raw = study.load_raw(recording)
            duration_s = raw.n_times / raw.info["sfreq"]
            found, bad_channels = check_signal(raw, signal_file)
            findings += found
        with _collecting(findings, recording):
            events = study.load_events(recording)
            where = f"{signal_file.parent}, events of {recording.id}"
            findings += check_events(events, where, duration_s=duration_s)
            findings += check_audio(events, where, study.wav_files(recording.story))
    severities = {finding.severity for finding in findings}
    verdict = "excluded" if "fault" in severities else "warning" if severities else "used"
    return {
        "recording": recording.id,
        "subject": recording.subject,
        "session": recording.session,
        "story": recording.story,
        "verdict": verdict,
        "reasons": [finding.sentence for finding in findings],
        "bad_channels": bad_channels,
    }


@contextmanager
def _collecting(findings: list[Finding], recording: Recording) -> Iterator[None]:
    """Add whatever goes wrong in the block to `findings`, so that no recording hides the others."""
    try:
        yield
    except MemoryError:  # says nothing about the files
        raise
    except InputError as error:
        findings.append(Finding("fault", str(error)))
    except Exception as error:  # what a library raises on a damaged file cannot be known
        findings.append(
            Finding.fault(
                f"recording {recording.id}",
                expected="raw files that can be read",
                found=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
                consequence="the recording cannot be used",
                next_step="fetch or copy its files again",
            )
        )


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
        named = {key: verdict[key] for key in ("recording", "subject")}
        if wish := reason_to_exclude(exclude, **named):
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
