"""Studies: one module per study, all with the same face.

A study knows where its raw files lie and how to read them; nothing downstream asks which study it
is. To add one, write a module here that defines `Study` with the methods of `StudyReader`, and name
it as `reader` in config.yaml.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import mne
    import pandas as pd

# One row per sound, word or phoneme, the same columns for every study.
EVENT_COLUMNS = {
    "start_s": "float64",  # seconds from the first sample of the recording
    "duration_s": "float64",  # 0 for sounds: their length is the wav file's
    "kind": "string",  # sound, word or phoneme
    "word": "string",  # the word or the phoneme; empty for sounds
    "word_index": "Int64",  # position in its sequence; 0 opens a sentence
    "sequence_id": "string",  # the sentence or word list it belongs to
    "sequence_text": "string",  # the words of that sequence joined by blanks
    "condition": "string",  # sentence, word_list or pseudo_words
    "wav": "string",  # name of the audio file, as on disk
    "wav_start_s": "float64",  # seconds from the first sample of that file
}


@dataclass(frozen=True, order=True)
class Recording:
    """One continuous recording of one listener hearing one story."""

    id: str
    subject: str
    session: str
    story: str


@dataclass(frozen=True)
class Finding:
    """Something noticed about a raw recording: `fault` excludes it, `warning` does not."""

    severity: str
    sentence: str


@dataclass(frozen=True)
class Facts:
    """What is known of a study before any file is opened."""

    modality: str
    sensor_count: int
    raw_rate_hz: float
    licence: str
    citation: str


class StudyReader(Protocol):
    """The interface of a study. Opening one reads nothing: paths are resolved by its methods."""

    facts: Facts

    def __init__(self, folder: Path, layout: dict[str, Any]): ...

    def recordings(self) -> list[Recording]:
        """List every recording that the study should hold, in canonical order."""

    def layout_of(self, recording: Recording) -> dict[str, Any]:
        """Give the smallest layout that holds `recording`, all that its own jobs depend on."""

    def raw_files(self, recording: Recording) -> list[Path]:
        """Name the files that are read for one recording, existing or not."""

    def stories(self) -> list[str]:
        """List the stories in canonical order."""

    def wav_files(self, story: str) -> list[Path]:
        """Name the audio files of a story in the order in which they were heard."""

    def check(self, recording: Recording) -> list[Finding]:
        """Compare the raw files with what they should be; never raises for a bad recording."""

    def load_raw(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open a recording with its data channels only, not yet in memory; data in SI units."""

    def load_events(self, recording: Recording) -> "pd.DataFrame":
        """Read a recording's events: EVENT_COLUMNS, sorted by start, unknown values missing."""


def open_study(reader: str, folder: str | Path, layout: dict[str, Any]) -> StudyReader:
    """Open the study in `folder` with the module named `reader`.

    The module is found by name, so that the code fingerprint of a rule holds one reader only.
    """
    return import_module(f"{__name__}.{reader}").Study(Path(folder), layout)
