"""Verdicts on raw recordings: used, used with a warning, or excluded, and why."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from plumbing.errors import InputError
from speech_decoding.recordings.causes import group_by_cause, tabulate_findings, tell_causes
from speech_decoding.recordings.event_checks import check_audio, check_events
from speech_decoding.recordings.signal_checks import check_signal
from speech_decoding.recordings.story_words import compare_words, sum_up_words
from speech_decoding.recordings.twins import find_twins
from speech_decoding.studies import Finding, Recording, StudyReader, reason_to_exclude

if TYPE_CHECKING:
    import pandas as pd

# Of a verdict; the table of recordings has `reasons` besides, all findings as one text.
_COLUMNS = ["recording", "subject", "session", "story", "verdict"]


def judge_recording(study: StudyReader, recording: Recording) -> dict[str, Any]:
    """Check one recording's raw files and give its verdict, whatever is wrong with them.

    Files that are not what they should be are not read; otherwise samples, events and audio are
    looked at, each even if another is at fault. Raises whatever is no fault of the files.
    Returns: as `give_verdict`.
    """
    findings: list[Finding] = []
    seen: dict[str, Any] = {}
    with _collecting(findings):
        findings += study.check(recording)
    if not any(finding.severity == "fault" for finding in findings):
        signal_file, duration_s = study.raw_files(recording)[0], float("inf")
        with _collecting(findings):
            raw = study.load_raw(recording)
            duration_s = raw.n_times / raw.info["sfreq"]
            samples = hashlib.sha256()
            found, seen["bad_channels"] = check_signal(raw, signal_file, samples)
            findings += found
            seen["signal_sha256"] = samples.hexdigest()
        with _collecting(findings):
            events = study.load_events(recording)
            where = f"{signal_file.parent}, events of {recording.id}"
            findings += check_events(events, where, duration_s=duration_s)
            findings += check_audio(events, where, study.wav_files(recording.story))
            seen["words"] = sum_up_words(events)
    return give_verdict(recording, findings, **seen)


def give_verdict(
    recording: Recording,
    findings: Sequence[Finding],
    *,
    bad_channels: Sequence[str] = (),
    signal_sha256: str | None = None,
    words: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Judge a recording by what was found.

    Returns: recording, subject, session, story; verdict, "used", "warning" (used all the same) or
    "excluded"; findings, the parts of each, faults first; bad_channels, names of flat sensors;
    signal_sha256, of its samples, None if they were not read; words, what its events hold
    (`sum_up_words`), nothing if they were not read.
    """
    return {
        "recording": recording.id,
        "subject": recording.subject,
        "session": recording.session,
        "story": recording.story,
        "verdict": _verdict_of(findings),
        "findings": [
            asdict(finding) for finding in sorted(findings, key=lambda finding: finding.severity)
        ],
        "bad_channels": list(bad_channels),
        "signal_sha256": signal_sha256,
        "words": dict(words or {}),
    }


@contextmanager
def _collecting(findings: list[Finding]) -> Iterator[None]:
    """Add a fault that a reader knows to be one of its file to `findings`, and go on after it."""
    try:
        yield
    except InputError as error:
        findings.append(Finding.of_error(error))


def _verdict_of(findings: Iterable[Finding]) -> str:
    severities = {finding.severity for finding in findings}
    return "excluded" if "fault" in severities else "warning" if severities else "used"


def judge_study(
    verdicts: Iterable[dict[str, Any]], *, exclude: dict[str, str], allow_missing: bool
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Join the verdicts of a study's recordings, compare them, and decide whether it can run.

    Parameters: exclude, from recording or subject to the reason for leaving it out;
    allow_missing, whether to go on without recordings that cannot be used.
    Returns: a row per recording, with recording, subject, session, story, verdict, and reasons
    joined to one text; and a row per finding, `causes.COLUMNS`, none of recordings that `exclude`
    leaves out.
    Raises: InputError, with a line per cause, if recordings cannot be used and that is not allowed;
    and if none is left.
    """
    import pandas as pd

    rows, findings_of, words_of, signals = {}, {}, {}, {}
    for verdict in verdicts:
        row = {name: verdict[name] for name in _COLUMNS}
        name = row["recording"]
        if wish := reason_to_exclude(exclude, recording=name, subject=row["subject"]):
            row |= {"verdict": "excluded", "reasons": f"By config.yaml: {wish}."}
        else:
            findings_of[name] = [Finding(**parts) for parts in verdict["findings"]]
            words_of[name] = verdict["words"]
            signals[name] = verdict["signal_sha256"]
        rows[name] = row
    stories = {name: row["story"] for name, row in rows.items()}
    for name, finding in [*find_twins(signals), *compare_words(stories, words_of)]:
        findings_of[name].append(finding)
    for name, found in findings_of.items():
        reasons = " ".join(finding.sentence for finding in found)
        rows[name] |= {"verdict": _verdict_of(found), "reasons": reasons}
    table = pd.DataFrame(list(rows.values()))
    findings = tabulate_findings(
        (name, finding) for name, found in findings_of.items() for finding in found
    )
    faults = findings[findings["severity"] == "fault"]
    unusable = faults["recording"].nunique()
    lines = tell_causes(group_by_cause(faults))
    if unusable and not allow_missing:
        raise InputError(
            f"{unusable} of {len(table)} recordings",
            expected="recordings that can be used",
            found="faults, told below",
            consequence="the study is incomplete and nothing after the checks was run",
            next_step="repair them, name them under `exclude` with a reason, or set "
            "check.allow_missing to true",
            details=lines,
        )
    if (table["verdict"] == "excluded").all():
        raise InputError(
            "checks",
            expected="at least one recording that can be used",
            found=f"all {len(table)} excluded",
            consequence="there is nothing to decode",
            next_step="repair the recordings, or take their names from `exclude`",
            details=lines,
        )
    return table, findings
