"""Gwilliams 2022, MEG-MASC: 27 listeners, four stories, 208-sensor KIT MEG in a BIDS tree.

Source: Gwilliams et al. 2023, doi 10.1038/s41597-023-02752-5; REFERENCE 1.1.
"""

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speech_decoding.errors import InputError
from speech_decoding.studies import EVENT_COLUMNS, Facts, Finding, Recording, kit

if TYPE_CHECKING:
    import mne
    import pandas as pd


class Study:
    """A MEG-MASC tree.

    Parameters: folder, the BIDS root; layout, the study's `layout` in config.yaml: `subjects`,
    `sessions`, `absent` ("subject/session" pairs never recorded) and `stories`, which maps a
    story's name on disk to its BIDS `task` and its number of audio `parts`.
    """

    facts = Facts(
        modality="MEG, KIT, axial gradiometers",
        sensor_count=208,
        raw_rate_hz=1000.0,
        licence="CC0",
        citation="Gwilliams et al. 2023, Scientific Data, doi 10.1038/s41597-023-02752-5",
    )

    def __init__(self, folder: Path, layout: dict[str, Any]):
        self.folder = folder
        self.layout = layout

    def recordings(self) -> list[Recording]:
        """List subject x session x story, without the sessions that were never recorded."""
        return [
            Recording(f"sub-{subject}_ses-{session}_task-{story['task']}", subject, session, name)
            for subject in self.layout["subjects"]
            for session in self.layout["sessions"]
            if f"{subject}/{session}" not in self.layout["absent"]
            for name, story in self.layout["stories"].items()
        ]

    def layout_of(self, recording: Recording) -> dict[str, Any]:
        """Give the smallest layout that holds `recording`, all that its own jobs depend on."""
        return {
            "subjects": [recording.subject],
            "sessions": [recording.session],
            "absent": [],
            "stories": {recording.story: self.layout["stories"][recording.story]},
        }

    def stories(self) -> list[str]:
        return list(self.layout["stories"])

    def wav_files(self, story: str) -> list[Path]:
        """Name a story's audio files; on disk their names are lower-case."""
        parts = self.layout["stories"][story]["parts"]
        audio = self.folder / "stimuli" / "audio"
        return [audio / f"{story}_{part}.wav" for part in range(parts)]

    def raw_files(self, recording: Recording) -> list[Path]:
        """Name the recording, its channel table and its events."""
        stem = self._meg_folder(recording) / recording.id
        return [Path(f"{stem}_{suffix}") for suffix in ("meg.con", "channels.tsv", "events.tsv")]

    def check(self, recording: Recording) -> list[Finding]:
        """Check presence, the size that the KIT header promises, rate and sensors."""
        missing = [path for path in self.raw_files(recording) if not path.is_file()]
        if missing:
            names = ", ".join(path.name for path in missing)
            return [
                Finding(
                    "fault",
                    f"{missing[0].parent}: expected the files of {recording.id}, "
                    f"found no {names}; the recording cannot be used; fetch them again.",
                )
            ]
        con, channels, _ = self.raw_files(recording)
        try:
            header = kit.read_header(con)
            header.require_complete(con)
        except InputError as error:
            return [Finding("fault", str(error))]
        findings = []
        if header.rate_hz != self.facts.raw_rate_hz:
            findings.append(
                Finding(
                    "fault",
                    f"{con}: expected {self.facts.raw_rate_hz:g} Hz, found {header.rate_hz:g} Hz; "
                    "the recording is not of this study; check which file was copied here.",
                )
            )
        sensors = channels.read_text(encoding="utf-8-sig").count("MEGGRADAXIAL")
        if sensors != self.facts.sensor_count:
            findings.append(
                Finding(
                    "fault",
                    f"{channels}: expected {self.facts.sensor_count} axial gradiometers, found "
                    f"{sensors}; sensor positions would be wrong; fetch the table again.",
                )
            )
        return findings

    def load_raw(self, recording: Recording) -> "mne.io.BaseRaw":
        """Open the KIT file through its BIDS sidecars; data in tesla, reference sensors left out.

        Raises: InputError if the file is shorter than its header promises, which MNE would fill
        with zeros without a word.
        """
        import mne
        import mne_bids

        con = self.raw_files(recording)[0]
        kit.read_header(con).require_complete(con)
        path = mne_bids.BIDSPath(
            root=self.folder,
            subject=recording.subject,
            session=recording.session,
            task=self.layout["stories"][recording.story]["task"],
            suffix="meg",
            extension=".con",
            datatype="meg",
        )
        # The events are read by load_events: mne-bids would parse their 6000 rows as annotations.
        raw = mne_bids.read_raw_bids(path, on_ch_mismatch="raise", verbose="error")
        sensors = mne.pick_types(raw.info, meg=True, ref_meg=False, exclude=())
        return raw.pick(sensors).set_annotations(None)

    def load_events(self, recording: Recording) -> "pd.DataFrame":
        """Read events.tsv in either of its two layouts (REFERENCE 1.1)."""
        import pandas as pd

        path = self.raw_files(recording)[2]
        rows = pd.read_csv(
            path, sep="\t", na_values=["n/a"], keep_default_na=False, encoding="utf-8-sig"
        )
        if "kind" not in rows.columns:
            rows = rows[["onset", "duration"]].join(_parse_descriptions(path, rows["trial_type"]))
        return _event_table(rows)

    def _meg_folder(self, recording: Recording) -> Path:
        return self.folder / f"sub-{recording.subject}" / f"ses-{recording.session}" / "meg"


def wav_name(sound: str) -> str:
    """Give the name on disk of a sound named in the events.

    Sound rows insert ".0" before the extension and some stories are capitalised.
    """
    name = Path(sound).name.lower()
    return re.sub(r"\.0\.wav$", ".wav", name)


def _parse_descriptions(path: Path, descriptions: "pd.Series") -> "pd.DataFrame":
    """Parse `trial_type` texts of Python dictionaries as literals; nothing is evaluated."""
    import pandas as pd

    parsed = []
    for row, text in enumerate(descriptions):
        try:
            value = ast.literal_eval(text)
            if not isinstance(value, dict):
                raise ValueError(f"{type(value).__name__}")
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise InputError(
                f"{path}, row {row + 2}",
                expected="a trial_type that is the text of a dictionary of literals",
                found=f"{str(text)[:60]!r}",
                consequence="the events cannot be trusted and nothing of the text was run",
                next_step="fetch the file again",
            ) from error
        parsed.append(value)
    return pd.DataFrame(parsed, index=descriptions.index)


def _event_table(rows: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    is_word = rows["kind"] == "word"
    text = rows["word"].where(is_word, rows["phoneme"]).where(rows["kind"] != "sound")
    sequence = rows["sequence_id"].map(lambda value: f"{value:g}", na_action="ignore")
    sentences = rows[is_word].groupby(sequence[is_word])["word"].agg(" ".join)
    events = pd.DataFrame(
        {
            "start_s": rows["onset"],
            "duration_s": rows["duration"],
            "kind": rows["kind"],
            "word": text,
            "word_index": rows["word_index"].where(is_word),
            "sequence_id": sequence,
            "sequence_text": sequence.map(sentences),
            "condition": rows["condition"],
            "wav": rows["sound"].map(wav_name, na_action="ignore"),
            "wav_start_s": rows["start"],
        }
    ).astype(EVENT_COLUMNS)
    return events.sort_values("start_s", kind="stable", ignore_index=True)
