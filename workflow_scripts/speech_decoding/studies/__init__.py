"""Studies: one module per study, all with the same face.

A study knows where its raw files lie and how to read them; nothing downstream asks which study it
is. To add one, write a module here that defines `Study` with the methods of `StudyReader`, and name
it as `reader` in config.yaml. The keywords of its `__init__` are what the study's `layout` there
may hold; what is known of the published study, such as its subjects, is their default.
"""

from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from plumbing.errors import InputError

if TYPE_CHECKING:
    import mne
    import numpy as np
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
    "word_class": "string",  # content or function, where the study tells
    "log_frequency": "float64",  # of the word in its language, where the study tells
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
class Misnamed:
    """A name in a study's layout that nobody and nothing of the study bears.

    setting: the keys in the layout that lead to it; known: the names that it may be.
    """

    setting: tuple[str, ...]
    name: str
    known: list[str]


def reason_to_exclude(exclude: dict[str, str], *, recording: str, subject: str) -> str | None:
    """Give the reason why a recording is to be left out, None if it is not.

    Parameters: exclude, of a study: from recording or subject to the reason.
    """
    return exclude.get(recording) or exclude.get(subject)


@dataclass(frozen=True)
class Finding:
    """Something noticed about a raw recording: a `fault` excludes it, a `warning` does not.

    The parts are those of an InputError. What differs from recording to recording, its files and
    numbers, stands in `where` and `found`: findings that share the others have the same cause, and
    are told together.
    """

    severity: str
    where: str
    expected: str
    found: str
    consequence: str
    next_step: str

    @classmethod
    def fault(cls, where: object, **parts: str) -> "Finding":
        """Something that would give wrong training data."""
        return cls("fault", str(where), **parts)

    @classmethod
    def warning(cls, where: object, **parts: str) -> "Finding":
        """Something to know of a recording that is used all the same."""
        return cls("warning", str(where), **parts)

    @classmethod
    def of_error(cls, error: InputError) -> "Finding":
        """The fault that kept a file from being read."""
        parts = ("where", "expected", "found", "consequence", "next_step")
        return cls("fault", *(getattr(error, part) for part in parts))

    @property
    def sentence(self) -> str:
        """All parts but the severity, as a person reads them."""
        parts = asdict(self)
        del parts["severity"]
        return str(InputError(**parts))


@dataclass(frozen=True)
class StoredIca:
    """Independent components that a study's authors found in a recording and what they rejected.

    Attributes: channels, names of the inputs, which may include the reference electrode; unmixing
    [components, channels], applied to the re-referenced signal; rejected, component numbers
    counted from 0.
    """

    channels: list[str]
    unmixing: "np.ndarray"
    rejected: list[int]


@dataclass(frozen=True)
class Facts:
    """What is known of a study before any file is opened.

    electrodes: names of all of an EEG's; none of MEG.
    reference_electrode: the EEG electrode against which all others were recorded, if it has a name.
    """

    modality: str
    sensor_count: int
    raw_rate_hz: float
    licence: str
    citation: str
    electrodes: tuple[str, ...] = ()
    reference_electrode: str | None = None


class StudyReader(Protocol):
    """The interface of a study. Opening one reads nothing: paths are resolved by its methods.

    `__init__` takes the folder and, as keywords, the study's layout. Layouts reach jobs as text
    with sorted keys, so no order here follows that of a mapping's keys.
    """

    facts: Facts

    def __init__(self, folder: Path, **layout: Any): ...

    def recordings(self) -> list[Recording]:
        """List every recording that the study should hold, in canonical order."""

    def left_out(self) -> dict[str, str]:
        """Give what is known of the study but not among its recordings, and why not."""

    def misnamed(self) -> list[Misnamed]:
        """List the names in the layout that the study does not know; reads no raw file."""

    def layout_of(self, recording: Recording) -> dict[str, Any]:
        """Give the smallest layout that holds `recording`, all that its own jobs depend on."""

    def raw_files(self, recording: Recording) -> list[Path]:
        """Name the files that are read for one recording, existing or not; the signal's first."""

    def stories(self) -> list[str]:
        """List the stories in canonical order."""

    def wav_files(self, story: str) -> list[Path]:
        """Name the audio files of a story in the order in which they were heard."""

    def check(self, recording: Recording) -> list[Finding]:
        """Compare the raw files with what they should be; never raises for a bad recording."""

    def load_raw(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open a recording with its data channels only, not yet in memory; data in SI units.

        Channels that the study itself calls bad are in `raw.info["bads"]`.
        """

    def load_events(self, recording: Recording) -> "pd.DataFrame":
        """Read a recording's events: EVENT_COLUMNS, sorted by start, unknown values missing."""

    def open_audio_channels(self, recording: Recording) -> "mne.io.BaseRaw | None":
        """Open the channels that may hold the sound, not yet in memory; None if there are none.

        A single one is taken for a copy of the sound; of several, none may be one.
        """

    def load_ica(self, recording: Recording) -> StoredIca | None:
        """Read the components that the study stores for a recording; None if it stores none."""


def open_study(reader: str, raw_folder: str | Path, layout: dict[str, Any]) -> StudyReader:
    """Open the study in `raw_folder` with the module named `reader`; layout, its keywords.

    The module is found by name, so that the code fingerprint of a rule holds one reader only.
    """
    return import_module(f"{__name__}.{reader}").Study(Path(raw_folder), **layout)


def find_recording(study: StudyReader, name: str) -> Recording:
    """Give the recording of a study that has this id.

    Raises: InputError if the study's layout holds no such recording.
    """
    by_id = {recording.id: recording for recording in study.recordings()}
    if name not in by_id:
        raise InputError(
            f"recording {name}",
            expected=f"one of {', '.join(by_id)}",
            found="another name",
            consequence="there is nothing to read",
            next_step="correct the name",
        )
    return by_id[name]
