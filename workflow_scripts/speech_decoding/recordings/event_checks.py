"""Checks of a recording's events and of the audio that they name, for any study."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plumbing.errors import InputError
from speech_decoding.recordings.audio_files import read_audio
from speech_decoding.recordings.thresholds import (
    LARGEST_OVERHANG_S,
    LARGEST_SHARE_OUTSIDE,
    LARGEST_SPREAD_S,
    LONGEST_PAUSE_S,
    LONGEST_SILENCE_S,
    NOTICED_SPREAD_S,
)
from speech_decoding.studies import Finding
from speech_decoding.studies.presence import check_presence

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("sound", "word", "phoneme")
_REPAIR = "fetch the events again, or exclude the recording in config.yaml with a reason"
_COMPARE = "fetch the events again, if they are not the published ones"


def check_events(events: "pd.DataFrame", where: object, *, duration_s: float) -> list[Finding]:
    """Check when a recording's events were (EVENT_COLUMNS), against each other and its length.

    Parameters: where, what sentences name; duration_s, the recording's length.
    """
    if not (events["kind"] == "word").any():
        return [
            Finding.fault(
                where,
                expected="words",
                found="none",
                consequence="no segment can be named",
                next_step=_REPAIR,
            )
        ]
    return [
        finding
        for check in (_check_values, _check_repeats, _check_wav_onsets, _check_pauses)
        for finding in check(events, where)
    ] + _check_range(events, where, duration_s)


def check_audio(events: "pd.DataFrame", where: object, wav_files: Iterable[Path]) -> list[Finding]:
    """Check that each audio file of a story is there and as long as the events in it.

    Parameters: events, EVENT_COLUMNS, of one recording of the story; where, what sentences name.
    """
    wav_files = list(wav_files)
    end_s = (events["wav_start_s"] + events["duration_s"]).groupby(events["wav"]).max()
    findings = [finding for path in wav_files for finding in _check_wav(path, end_s, where)]
    strangers = sorted(set(end_s.index) - {path.name for path in wav_files})
    if strangers:
        findings.append(
            Finding.fault(
                where,
                expected="events in the audio files of its story",
                found=f"some in {', '.join(strangers[:3])}",
                consequence="another story was heard",
                next_step=_REPAIR,
            )
        )
    return findings


def _check_values(events: "pd.DataFrame", where: object) -> list[Finding]:
    for column, wrong, expected in (
        ("start_s", events["start_s"].isna(), "a start for each event"),
        ("duration_s", ~(events["duration_s"] >= 0), "a duration of 0 s or more for each event"),
        ("kind", ~events["kind"].isin(KINDS), f"events of the kinds {', '.join(KINDS)}"),
        ("wav", events["wav"].isna(), "an audio file for each event"),
        ("wav_start_s", ~(events["wav_start_s"] >= 0), "a place in its audio for each event"),
        ("word", ~_has_text(events) & (events["kind"] == "word"), "a text for each word"),
    ):
        if wrong.any():
            return [
                Finding.fault(
                    where,
                    expected=expected,
                    found=f"{int(wrong.sum())} of {len(events)} without, the first "
                    f"{_name(events[wrong].iloc[0])} ({column})",
                    consequence="what was heard then cannot be placed",
                    next_step=_REPAIR,
                )
            ]
    return []


def _has_text(events: "pd.DataFrame") -> "pd.Series":
    return events["word"].fillna("").str.strip() != ""


def _check_repeats(events: "pd.DataFrame", where: object) -> list[Finding]:
    repeated = events.duplicated(["kind", "wav", "wav_start_s", "word"])
    if not repeated.any():
        return []
    return [
        Finding.fault(
            where,
            expected="each event once",
            found=f"{int(repeated.sum())} repeated, the first {_name(events[repeated].iloc[0])}",
            consequence="its block would have another text, and so another split, than elsewhere",
            next_step=_REPAIR,
        )
    ]


def _check_wav_onsets(events: "pd.DataFrame", where: object) -> list[Finding]:
    onset_s = events["start_s"] - events["wav_start_s"]
    spread_s = onset_s.groupby(events["wav"]).agg(np.ptp)
    worst = spread_s.idxmax() if spread_s.notna().any() else None
    if worst is None or spread_s[worst] <= NOTICED_SPREAD_S:
        return []
    judge = Finding.fault if spread_s[worst] > LARGEST_SPREAD_S else Finding.warning
    return [
        judge(
            where,
            expected="events that agree on when their audio file began",
            found=f"a difference of {spread_s[worst] * 1000:.1f} ms for {worst}",
            consequence="brain and speech would be paired wrongly",
            next_step=_REPAIR,
        )
    ]


def _check_range(events: "pd.DataFrame", where: object, duration_s: float) -> list[Finding]:
    """Find what was heard before the recording began or after it ended."""
    findings = []
    is_word = events["kind"] == "word"
    for outside, place in (
        (events["start_s"] < 0, "before its beginning"),
        (events["start_s"] >= duration_s, f"after its end at {duration_s:.2f} s"),
    ):
        if not outside.any():
            continue
        count, share = int(outside.sum()), (outside & is_word).sum() / is_word.sum()
        found = f"{count} of {len(events)} {place}, the first {_name(events[outside].iloc[0])}"
        parts = {"expected": "events within the recording", "found": found}
        if share > LARGEST_SHARE_OUTSIDE:
            fault = Finding.fault(
                where,
                **parts,
                consequence="the recording was cut off, or the events are those of another one",
                next_step="fetch the recording and its events again, or exclude the recording in "
                "config.yaml with a reason",
            )
            findings.append(fault)
        else:
            warning = Finding.warning(
                where,
                **parts,
                consequence="what was heard then is not used",
                next_step="nothing needs to be done if the recording began late or ended early",
            )
            findings.append(warning)
    return findings


def _check_pauses(events: "pd.DataFrame", where: object) -> list[Finding]:
    """Find stretches of the audio without a word; those at its end are compared with the file."""
    words = events[events["kind"] == "word"].sort_values("wav_start_s", kind="stable")
    for wav, rows in words.groupby("wav"):
        stop_s = (rows["wav_start_s"] + rows["duration_s"]).cummax().shift(fill_value=0.0)
        pause_s = rows["wav_start_s"] - stop_s
        if pause_s.max() > LONGEST_PAUSE_S:
            return [
                Finding.warning(
                    where,
                    expected="words all along each audio file",
                    found=f"none for {pause_s.max():.1f} s of {wav}, before the "
                    f"{_name(rows.loc[pause_s.idxmax()])}",
                    consequence="events may be missing",
                    next_step=_COMPARE,
                )
            ]
    return []


def _check_wav(path: Path, end_s: "pd.Series", where: object) -> list[Finding]:
    if absent := check_presence(path):
        return absent
    try:
        audio = read_audio(path)
    except InputError as error:
        return [Finding.of_error(error)]
    findings = [] if audio.length_known else [_untold_length(path)]
    return findings + _check_length(path, audio.duration_s, end_s, where)


def _untold_length(path: Path) -> Finding:
    return Finding.warning(
        path,
        expected="a header that says how long the file is",
        found="one as of a file written to a pipe",
        consequence="nothing tells whether its end is missing",
        next_step="nothing needs to be done if it was written so",
    )


def _check_length(path: Path, audio_s: float, end_s: "pd.Series", where: object) -> list[Finding]:
    """Compare an audio file's length with the end of its last event."""
    if path.name not in end_s.index:
        return [
            Finding.fault(
                where,
                expected="events in every audio file of the story",
                found=f"none in {path.name}",
                consequence="the events are cut off, or those of another story",
                next_step=_REPAIR,
            )
        ]
    if end_s[path.name] > audio_s + LARGEST_OVERHANG_S:
        return [
            Finding.fault(
                path,
                expected="audio as long as its events",
                found=f"{audio_s:.2f} s, shorter than their {end_s[path.name]:.2f} s",
                consequence="the speech of its last words is missing",
                next_step="fetch or copy the file again",
            )
        ]
    if end_s[path.name] < audio_s - LONGEST_SILENCE_S:
        return [
            Finding.warning(
                where,
                expected="events up to about the end of each audio file",
                found=f"the last one of {path.name} ending at {end_s[path.name]:.2f} s of "
                f"{audio_s:.2f} s",
                consequence="events may be missing",
                next_step="fetch the events and the audio file again, if they are not the "
                "published ones",
            )
        ]
    return []


def _name(event: "pd.Series") -> str:
    text = "" if event.isna()["word"] else f" {event['word']!r}"
    return f"{event['kind']}{text} at {event['start_s']:.3f} s"
