"""Gwilliams 2022, MEG-MASC: 27 listeners, four stories, 208-sensor KIT MEG in a BIDS tree.

Source: Gwilliams et al. 2023, doi 10.1038/s41597-023-02752-5; protocol 1.1.
"""

import csv
import dataclasses
import functools
import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from plumbing.errors import InputError
from plumbing.seals import hash_file
from plumbing.values import Count, Distinct, Label, Name
from speech_decoding.studies import Facts, Finding, Misnamed, Recording, StoredIca, kit
from speech_decoding.studies.gwilliams_tables import check_onsets, read_channels, read_events
from speech_decoding.studies.presence import check_presence
from speech_decoding.studies.tsv import UNKNOWN

if TYPE_CHECKING:
    import mne
    import pandas as pd

_SENSOR_TYPE = "MEGGRADAXIAL"
# Durations in sidecars are those of the last sample; one sample more or less says nothing.
_LARGEST_DURATION_ERROR_S = 0.01


class Story(TypedDict):
    """What is known of a story: the BIDS task and the number of its audio files."""

    task: Label
    parts: Count


SUBJECTS = [f"{number:02d}" for number in range(1, 28)]
SESSIONS = ["0", "1"]
# Subject/session pairs that were never recorded.
_ABSENT = ["03/1", "12/1", "16/1", "20/1", "21/1"]
STORIES: dict[str, Story] = {
    "lw1": {"task": "0", "parts": 4},
    "cable_spool_fort": {"task": "1", "parts": 6},
    "easy_money": {"task": "2", "parts": 8},
    "the_black_willow": {"task": "3", "parts": 12},
}


class Study:
    """A MEG-MASC tree; without settings, the whole published one.

    Parameters: folder, the BIDS root; subjects and sessions, BIDS labels; absent, the
    "subject/session" pairs among them that were never recorded, by default those of the published
    tree; stories, by their names on disk.
    """

    facts = Facts(
        modality="MEG, KIT, axial gradiometers",
        sensor_count=208,
        raw_rate_hz=1000.0,
        licence="CC0",
        citation="Gwilliams et al. 2023, Scientific Data, doi 10.1038/s41597-023-02752-5",
    )

    def __init__(
        self,
        folder: Path,
        *,
        subjects: Distinct[Label] = SUBJECTS,
        sessions: Distinct[Label] = SESSIONS,
        absent: list[str] | None = None,
        stories: dict[Name, Story] = STORIES,
    ):
        self.folder = folder
        self._subjects, self._sessions, self._stories = subjects, sessions, stories
        pairs = itertools.product(subjects, sessions)
        self._pairs = [f"{subject}/{session}" for subject, session in pairs]
        if absent is None:
            absent = [pair for pair in _ABSENT if pair in self._pairs]
        self._absent = absent

    def recordings(self) -> list[Recording]:
        """List subject x session x story, without the sessions that were never recorded.

        Raises: InputError if a label of the layout repeats the name that BIDS puts before it.
        """
        tasks = {name: self._stories[name]["task"] for name in self.stories()}
        _require_labels("sub", self._subjects)
        _require_labels("ses", self._sessions)
        _require_labels("task", tasks.values())
        return [
            Recording(f"sub-{subject}_ses-{session}_task-{task}", subject, session, name)
            for subject in self._subjects
            for session in self._sessions
            if f"{subject}/{session}" not in self._absent
            for name, task in tasks.items()
        ]

    def left_out(self) -> dict[str, str]:
        """Give the sessions that were never recorded."""
        return {
            f"sub-{subject}_ses-{session}": "it was never recorded"
            for subject, session in (pair.split("/") for pair in self._absent)
        }

    def misnamed(self) -> list[Misnamed]:
        """List the absent sessions that are none of a subject and session of the layout."""
        return [
            Misnamed(("absent",), pair, self._pairs)
            for pair in self._absent
            if pair not in self._pairs
        ]

    def layout_of(self, recording: Recording) -> dict[str, Any]:
        """Give the smallest layout that holds `recording`, all that its own jobs depend on."""
        return {
            "subjects": [recording.subject],
            "sessions": [recording.session],
            "absent": [],
            "stories": {recording.story: self._stories[recording.story]},
        }

    def stories(self) -> list[str]:
        """List the stories by their tasks, as the recordings' names are sorted."""
        return sorted(self._stories, key=lambda name: self._stories[name]["task"])

    def wav_files(self, story: str) -> list[Path]:
        """Name a story's audio files; on disk their names are lower-case."""
        parts = self._stories[story]["parts"]
        audio = self.folder / "stimuli" / "audio"
        return [audio / f"{story}_{part}.wav" for part in range(parts)]

    def raw_files(self, recording: Recording) -> list[Path]:
        """Name the recording, its channel table, its events and its sidecar."""
        suffixes = ("meg.con", "channels.tsv", "events.tsv", "meg.json")
        return [self._meg_folder(recording) / f"{recording.id}_{suffix}" for suffix in suffixes]

    def check(self, recording: Recording) -> list[Finding]:
        """Check presence, the size that the KIT header promises, rate, sensors and sidecars."""
        con, channels, events, sidecar = self.raw_files(recording)
        if not con.parent.is_dir():
            return [self._no_session(recording)]
        findings = [finding for path in (con, channels, events) for finding in check_presence(path)]
        if findings:
            return findings
        for check, *read in (
            (self._check_signal, con, sidecar),
            (self._check_channels, channels),
            (check_onsets, events),
            (self._check_story, recording),
        ):
            try:
                findings += check(*read)
            except InputError as error:
                findings.append(Finding.of_error(error))
        wavs = self.wav_files(recording.story)
        return findings + [finding for wav in wavs for finding in _check_wav(wav)]

    def load_raw(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open the sensors of the KIT file that its table names; data in tesla.

        Of the files beside it only the table is read: mne-bids would read those of all listeners
        (participants.tsv, scans.tsv), and refuse the recording for them.
        Raises: InputError if the file is shorter than its header promises, which MNE would fill
        with zeros without a word, or its channels are not those of its table.
        """
        con, channels, *_ = self.raw_files(recording)
        raw, table = kit.open_recording(con), read_channels(channels)
        recorded = [
            (name, kind == "mag")
            for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True)
        ]
        is_sensor = table["type"].eq(_SENSOR_TYPE).fillna(False)
        named = list(zip(table["name"].fillna(UNKNOWN), is_sensor, strict=True))
        _require_channels(channels, named, recorded)
        is_bad = table["status"].str.lower().eq("bad").fillna(False)
        raw.pick(list(table["name"][is_sensor]))
        raw.info["bads"] = list(table["name"][is_sensor & is_bad])
        return raw

    def load_events(self, recording: Recording) -> "pd.DataFrame":
        """Read events.tsv in either of its two layouts (protocol 1.1)."""
        return read_events(self.raw_files(recording)[2])

    def open_audio_channels(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open the miscellaneous channels, of which it is not known what they recorded."""
        return kit.open_recording(self.raw_files(recording)[0]).pick("misc")

    def load_ica(self, recording: Recording) -> StoredIca | None:
        """The study stores no independent components."""
        return None

    def _meg_folder(self, recording: Recording) -> Path:
        return self.folder / f"sub-{recording.subject}" / f"ses-{recording.session}" / "meg"

    def _no_session(self, recording: Recording) -> Finding:
        if not any(self.folder.glob("sub-*")):
            return Finding.fault(
                self.folder,
                expected="a BIDS tree with a folder sub-... for each subject",
                found="no such folder",
                consequence="no recording is there",
                next_step="put the tree there, or set the study's raw_folder to where it is",
            )
        pair = f"{recording.subject}/{recording.session}"
        return Finding.fault(
            self._meg_folder(recording),
            expected="the files of a session",
            found=f'no such folder for session "{pair}"',
            consequence="the session is missing",
            next_step="fetch it, or name it under `absent` in the study's layout if it was never "
            "recorded",
        )

    def _check_signal(self, con: Path, sidecar: Path) -> list[Finding]:
        header = kit.read_header(con)
        findings = _check_sidecar(sidecar, header)
        if header.rate_hz != self.facts.raw_rate_hz:
            fault = Finding.fault(
                con,
                expected=f"{self.facts.raw_rate_hz:g} Hz",
                found=f"{header.rate_hz:g} Hz",
                consequence="the recording is not of this study",
                next_step="fetch the file again, or exclude the recording in config.yaml with a "
                "reason",
            )
            findings.append(fault)
        if header.size > header.complete_size:
            warning = Finding.warning(
                con,
                expected="a file as long as its own header says",
                found=f"{header.size - header.complete_size} bytes more",
                consequence="what follows the recording is not read",
                next_step="fetch the file again, if it is not the published one",
            )
            findings.append(warning)
        return findings

    def _check_channels(self, path: Path) -> list[Finding]:
        count = int((read_channels(path)["type"] == _SENSOR_TYPE).sum())
        if count == self.facts.sensor_count:
            return []
        return [
            Finding.fault(
                path,
                expected=f"{self.facts.sensor_count} axial gradiometers",
                found=f"{count}",
                consequence="sensors would be missing or misplaced",
                next_step="fetch the table again",
            )
        ]

    def _check_story(self, recording: Recording) -> list[Finding]:
        """Compare the audio files that the events name with those of the layout."""
        story, parts = recording.story, self._stories[recording.story]["parts"]
        path = self.raw_files(recording)[2]
        heard = set(read_events(path)["wav"].dropna())
        named = {f"{story}_{part}.wav" for part in range(len(heard))}
        unheard = [wav for wav in self.wav_files(story) if wav.name not in heard]
        if heard == named and (
            len(heard) > parts or (unheard and not any(wav.exists() for wav in unheard))
        ):
            return [
                Finding.fault(
                    path,
                    expected="as many audio files as `parts` of its story in the study's layout",
                    found=f"{len(heard)}, where layout.stories.{story}.parts is {parts}",
                    consequence="a part of the story would be missing",
                    next_step=f"set layout.stories.{story}.parts to {len(heard)}, or fetch the "
                    "file again",
                )
            ]
        if heard and not any(wav.startswith(f"{story}_") for wav in heard):
            return [
                Finding.fault(
                    path,
                    expected="the story that the study's layout gives to its task",
                    found=f"events in {', '.join(sorted(heard)[:3])}, where layout.stories gives "
                    f"task {self._stories[story]['task']} to {story}",
                    consequence="another story was heard",
                    next_step="fetch the file again, or correct the name or the task of the story "
                    "under layout.stories",
                )
            ]
        return []


@functools.cache
def known_wavs() -> dict[str, tuple[int, str]]:
    """Read megmasc_wavs.csv: from the name of a published audio file to its size and SHA-256."""
    path = Path(__file__).with_name("megmasc_wavs.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["wav"]: (int(row["size"]), row["sha256"]) for row in csv.DictReader(stream)}


def _check_wav(path: Path) -> list[Finding]:
    """Compare an audio file with the published one; nothing is known of a simulated one."""
    if path.name not in known_wavs() or not path.is_file():
        return []
    size, sha256 = known_wavs()[path.name]
    if path.stat().st_size == size and hash_file(path) == sha256:
        return []
    return [
        Finding.warning(
            path,
            expected="the published file",
            found=f"another one of {path.stat().st_size} bytes, not {size} bytes with SHA-256 "
            f"{sha256[:12]}...",
            consequence="the listeners may have heard something else",
            next_step="fetch it again",
        )
    ]


def _check_sidecar(path: Path, header: kit.KitHeader) -> list[Finding]:
    """Compare a recording with what its JSON sidecar says; without one there is less to check."""
    if absent := check_presence(path):
        return [dataclasses.replace(finding, severity="warning") for finding in absent]
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
        said_hz, said_s = float(said["SamplingFrequency"]), float(said["RecordingDuration"])
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        found = f"{type(error).__name__}: {error}"
    else:
        last_s = header.duration_s - 1 / header.rate_hz
        if said_hz == header.rate_hz and abs(said_s - last_s) < _LARGEST_DURATION_ERROR_S:
            return []
        found = f"{said_hz:g} Hz and {said_s:.3f} s, not {header.rate_hz:g} Hz and {last_s:.3f} s"
    return [
        Finding.warning(
            path,
            expected="the recording's rate and duration",
            found=found,
            consequence="the recording may be another one",
            next_step="fetch both files again, if they are not the published ones",
        )
    ]


def _require_labels(name: str, labels: Iterable[str]) -> None:
    for label in labels:
        if label.startswith(f"{name}-"):
            short = label.removeprefix(f"{name}-")
            raise InputError(
                "the study's layout",
                expected=f"labels without {name}-, which BIDS puts before them",
                found=repr(label),
                consequence=f"no file is named {name}-{label}",
                next_step=f"write {short!r} in its place",
            )


def _require_channels(
    path: Path, named: Sequence[tuple[str, bool]], recorded: Sequence[tuple[str, bool]]
) -> None:
    """Raise InputError unless a table names the channels of the recording, in its order.

    Parameters: named and recorded, each channel's name and whether it is a sensor.
    """
    nothing = ("no channel", False)
    for row, (said, true) in enumerate(itertools.zip_longest(named, recorded, fillvalue=nothing)):
        if said == true:
            continue
        kind = "a sensor" if said[1] else "no sensor"
        found = f"{said[0]} in place of {true[0]}" if said[0] != true[0] else f"{said[0]} as {kind}"
        raise InputError(
            f"{path}, row {row + 2}",
            expected="the channels of the recording, in its order and of its kinds",
            found=found,
            consequence="sensors would be missing or misplaced",
            next_step="fetch the table and the recording again",
        )
