"""Brennan & Hale 2019, Alice: EEG of 49 listeners to one chapter, in either of its two releases.

Source: Brennan & Hale 2019, doi 10.1371/journal.pone.0207741; protocol 1.2. The first release
holds FieldTrip structs and `proc/`, the second BrainVision files and `timelock-preprocessing/`.
"""

import csv
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plumbing.errors import InputError
from plumbing.values import Distinct, Filled, Positive, Sha256
from speech_decoding.studies import (
    EVENT_COLUMNS,
    Facts,
    Finding,
    Misnamed,
    Recording,
    StoredIca,
    brennan_signal,
)
from speech_decoding.studies.brainvision import own_files
from speech_decoding.studies.brennan_cleaning import read_bad_electrodes, read_ica
from speech_decoding.studies.brennan_trials import check_extent, find_wav_onsets, read_words
from speech_decoding.studies.presence import check_presence

if TYPE_CHECKING:
    import mne
    import numpy as np
    import pandas as pd

STORY = "alice"
WORDS_FILE = "AliceChapterOne-EEG.csv"
WORDS_SHA256 = "b731132c5b423b5daaecc06b0e0c259d9829f189f0174e4852a753a877e99b48"
# Seconds from the start of each wav file to that of the next.
WAV_DISTANCES_S = (
    *(57.616, 60.904, 63.312, 70.044, 66.331, 63.829),
    *(62.958, 57.372, 57.283, 61.314, 56.229),
)


class Study:
    """A folder of the Alice study.

    Parameters: folder, where its files lie; subject_set, a column of brennan_subjects.csv or
    "all"; subjects, if only some of them; alignment, "corrected" or "published" (words 298 ms too
    early, as in the published numbers). A story other than the published one has its own
    wav_distances_s, seconds from the start of each wav file to that of the next, and words_sha256,
    of its word table, if that is known.
    """

    facts = Facts(
        modality="EEG, actiCHamp, easycap-M10",
        sensor_count=len(brennan_signal.ELECTRODES),
        raw_rate_hz=float(brennan_signal.RATE_HZ),
        licence="CC BY 4.0",
        citation="Brennan & Hale 2019, PLoS ONE, doi 10.1371/journal.pone.0207741; "
        "data doi 10.7302/Z29C6VNH",
        electrodes=(*brennan_signal.ELECTRODES, "29"),
        reference_electrode="29",
    )

    def __init__(
        self,
        folder: Path,
        *,
        subject_set: Literal["published", "authors", "all_usable", "all"] = "published",
        subjects: Distinct[str] | None = None,
        alignment: Literal["corrected", "published"] = "corrected",
        wav_distances_s: Filled[Positive] | None = None,
        words_sha256: Sha256 | None = None,
    ):
        self.folder = folder
        self._subject_set, self._subjects, self._alignment = subject_set, subjects, alignment
        own_story = {"wav_distances_s": wav_distances_s, "words_sha256": words_sha256}
        self._own_story = {key: value for key, value in own_story.items() if value is not None}
        known_sha256 = None if wav_distances_s else WORDS_SHA256
        self._words_sha256 = words_sha256 or known_sha256
        self._distances_s: Sequence[float] = wav_distances_s or WAV_DISTANCES_S

    def recordings(self) -> list[Recording]:
        """List the listeners of the subject set, one recording each."""
        chosen = self._subjects
        return [
            Recording(subject, subject, "0", STORY)
            for subject, row in subject_table().items()
            if self._in_set(row) and (chosen is None or subject in chosen)
        ]

    def left_out(self) -> dict[str, str]:
        """Give the listeners outside the subject set and why each is."""
        return {
            subject: row["reason"]
            for subject, row in subject_table().items()
            if not self._in_set(row)
        }

    def misnamed(self) -> list[Misnamed]:
        """List the subjects of the layout that are not in its subject set."""
        known = [subject for subject, row in subject_table().items() if self._in_set(row)]
        named = self._subjects or []
        return [Misnamed(("subjects",), name, known) for name in named if name not in known]

    def layout_of(self, recording: Recording) -> dict[str, Any]:
        """Give the smallest layout that holds `recording`, all that its own jobs depend on."""
        one = {"subject_set": "all", "subjects": [recording.subject], "alignment": self._alignment}
        return one | self._own_story

    def stories(self) -> list[str]:
        return [STORY]

    def wav_files(self, story: str) -> list[Path]:
        """Name the story's audio files, numbered from 1."""
        count = len(self._distances_s) + 1
        return [self.folder / "audio" / wav_name(number) for number in range(1, count + 1)]

    def raw_files(self, recording: Recording) -> list[Path]:
        """Name the recording's files, its trial table and the story's words."""
        opened = self._opened(recording)
        signal, *markers = own_files(opened) if opened.suffix == ".vhdr" else [opened]
        header = [opened] if signal != opened else []
        return [signal, *header, *markers, self._trials(recording), self.folder / WORDS_FILE]

    def check(self, recording: Recording) -> list[Finding]:
        """Check presence, the recording's length, rate and electrodes, and its trial table."""
        row = subject_table()[recording.subject]
        *files, trials, words = self.raw_files(recording)
        if row["all_usable"] == "no":
            refused = Finding.fault(
                files[0],
                expected="a recording that can be used",
                found=f"that {row['reason']}",
                consequence="it is refused",
                next_step="choose a subject set without it or name it under `exclude`",
            )
            return [refused]
        if absent := [found for path in (*files, trials, words) for found in check_presence(path)]:
            return absent
        parts, faults = [], []
        for load in (self.load_raw, self.load_events):
            try:
                parts.append(load(recording))
            except InputError as error:
                faults.append(Finding.of_error(error))
        if faults:
            return list(dict.fromkeys(faults))
        findings = self._check_extent(recording, *parts)
        findings += self._check_components(recording) + self._check_words(words)
        if row["repair"]:
            findings.append(
                Finding.warning(
                    trials,
                    expected="the trials of every wav",
                    found=f"that {row['reason']}",
                    consequence="the numbers were corrected and the first wav was placed by its "
                    "usual distance from the second",
                    next_step="nothing needs to be done",
                )
            )
        return findings

    def load_raw(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open the 60 electrodes, in volts, at their places in the cap.

        Those that the authors rejected are marked as bad. Raises: InputError if a file is damaged
        or an electrode is missing.
        """
        opened = self._opened(recording)
        raw = brennan_signal.open_signal(opened)
        brennan_signal.require_electrodes(opened, raw)
        raw.pick(list(brennan_signal.ELECTRODES)).set_annotations(None)
        bad = read_bad_electrodes(self._trials(recording))
        raw.info["bads"] = [name for name in brennan_signal.ELECTRODES if name in bad]
        return raw.set_montage(brennan_signal.MONTAGE)

    def open_audio_channels(self, recording: Recording) -> "mne.io.BaseRaw | None":
        """Open the channel that recorded the sound; None if there is none."""
        raw = brennan_signal.open_signal(self._opened(recording))
        names = [name for name in raw.ch_names if name in brennan_signal.AUDIO_CHANNELS]
        return raw.pick(names[:1]) if names else None

    def load_events(self, recording: Recording) -> "pd.DataFrame":
        """Place the story's wavs and words in the recording (protocol 1.2).

        What was heard before a repaired recording began has a negative start.
        """
        import pandas as pd

        words = self._words()
        onsets_s = self._wav_onsets(recording)
        numbers = range(1, len(onsets_s) + 1)
        sounds = pd.DataFrame({"kind": "sound", "wav_number": numbers, "wav_start_s": 0.0})
        sounds["duration_s"] = 0.0
        sentences = words.groupby("sentence")["word"].agg(" ".join)
        spoken = pd.DataFrame(
            {
                "kind": "word",
                "wav_number": words["wav_number"],
                "wav_start_s": words["start_s"],
                "duration_s": words["stop_s"] - words["start_s"],
                "word": words["word"],
                "word_index": words["position"] - 1,
                "sequence_id": words["sentence"].astype(str),
                "sequence_text": words["sentence"].map(sentences),
                "condition": "sentence",
                "word_class": words["lexical"].map({1: "content", 0: "function"}),
                "log_frequency": words["log_frequency"],
            }
        )
        events = pd.concat([sounds, spoken], ignore_index=True)
        events["start_s"] = onsets_s[events["wav_number"] - 1] + events["wav_start_s"]
        events["wav"] = events["wav_number"].map(wav_name)
        events = events[list(EVENT_COLUMNS)].astype(EVENT_COLUMNS)
        return events.sort_values("start_s", kind="stable", ignore_index=True)

    def load_ica(self, recording: Recording) -> StoredIca:
        """Read the components that the authors found and rejected."""
        return read_ica(self._trials(recording))

    def _in_set(self, row: dict[str, str]) -> bool:
        return self._subject_set == "all" or row[self._subject_set] == "yes"

    def _opened(self, recording: Recording) -> Path:
        """Name the file with which a recording is opened, of the release that is there."""
        header = self.folder / f"{recording.subject}.vhdr"
        second = any(path.exists() for path in (header, *own_files(header)))
        return header if second else header.with_suffix(".mat")

    def _trials(self, recording: Recording) -> Path:
        second = self.folder / "timelock-preprocessing"
        tables = second if second.is_dir() else self.folder / "proc"
        return tables / f"{recording.subject}.mat"

    def _words(self) -> "pd.DataFrame":
        wav_count = len(self._distances_s) + 1
        return read_words(self.folder / WORDS_FILE, wav_count=wav_count)

    def _wav_onsets(self, recording: Recording) -> "np.ndarray":
        return find_wav_onsets(
            self._trials(recording),
            self._words(),
            shifted=subject_table()[recording.subject]["repair"] == "shifted",
            distances_s=self._distances_s,
            published=self._alignment == "published",
        )

    def _check_extent(
        self, recording: Recording, raw: "mne.io.BaseRaw", events: "pd.DataFrame"
    ) -> list[Finding]:
        """Compare the recording's length with its trials: only whole words may not be missing."""
        signal, *_ = self.raw_files(recording)
        late = events["start_s"] >= raw.n_times / brennan_signal.RATE_HZ
        if late.any():
            missing = Finding.fault(
                signal,
                expected="a recording that lasts until its last word has begun",
                found=f"one of {raw.n_times} samples, after which {late.sum()} of {len(events)} "
                "events begin",
                consequence="the end of the recording is missing",
                next_step="fetch it again, or exclude it in config.yaml with a reason",
            )
            return [missing]
        return check_extent(signal, self._trials(recording), raw.n_times)

    def _check_components(self, recording: Recording) -> list[Finding]:
        """Warn of stored components that cannot be used, which few need."""
        try:
            self.load_ica(recording)
        except InputError as error:
            return [replace(Finding.of_error(error), severity="warning")]
        return []

    def _check_words(self, path: Path) -> list[Finding]:
        """Compare the word table with the published one, if that is known."""
        published = self._words_sha256
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if published in (None, found):
            return []
        return [
            Finding.warning(
                path,
                expected=f"the published table with SHA-256 {published[:12]}...",
                found=f"another one, {found[:12]}...",
                consequence="blocks and splits may differ from the published ones",
                next_step="fetch it again",
            )
        ]


@functools.cache
def subject_table() -> dict[str, dict[str, str]]:
    """Read brennan_subjects.csv: from subject to its row, in order.

    Columns: published, authors and all_usable ("yes" or "no": whether it is in that set), repair
    ("shifted": see brennan_trials) and reason (of leaving it out, or of the repair).
    """
    path = Path(__file__).with_name("brennan_subjects.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["subject"]: row for row in csv.DictReader(stream)}


def wav_name(number: int) -> str:
    """Give the name on disk of the story's wav file of this number, counted from 1."""
    return f"DownTheRabbitHoleFinal_SoundFile{number}.wav"
