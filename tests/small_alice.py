"""A small simulated Alice study, and what breaks it."""

import os
import shutil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.io import loadmat

from simulation import brennan, matlab_file
from speech_decoding.recordings.checks import judge_recording
from speech_decoding.studies import Recording
from speech_decoding.studies.brennan import Study


class SmallAlice:
    """A study of four short audio files and some listeners; `folder` may be broken.

    S03 is without a fault. S01 ends within its last trials, S02's trials are those of another, S26
    began late, S44 has no sound.
    """

    layout: ClassVar = {
        "subject_set": "all",
        "subjects": ["S01", "S02", "S03", "S26", "S44"],
        "alignment": "corrected",
        "wav_distances_s": [10.5, 11.0, 10.7],
    }
    snr, seed = 0.1, 2

    def __init__(self, folder: Path, published: Path | None = None):
        self.folder = folder
        self.published = published  # where a file can be fetched again
        self.reader = Study(folder, **self.layout)

    @classmethod
    def simulate(cls, folder: Path) -> "SmallAlice":
        common = {"wav_distances_s": cls.layout["wav_distances_s"], "seed": cls.seed}
        brennan.simulate_stimuli(folder, **common)
        for subject in cls.layout["subjects"]:
            brennan.simulate_recording(folder, subject=subject, snr=cls.snr, **common)
        return cls(folder)

    def copy(self, folder: Path) -> "SmallAlice":
        """Copy the study; files are linked until they are rewritten."""
        shutil.copytree(self.folder, folder, copy_function=os.link)
        return SmallAlice(folder, self.folder)

    def recording(self, subject: str) -> Recording:
        return next(one for one in self.reader.recordings() if one.subject == subject)

    def verdict(self, subject: str = "S03") -> dict[str, Any]:
        return judge_recording(self.reader, self.recording(subject))

    def wav_onsets_s(self, subject: str) -> np.ndarray:
        """Give when the audio files truly began, in seconds of the recording."""
        return brennan.wav_onsets(subject, self.layout["wav_distances_s"], self.seed) / 500

    # What follows breaks files.

    def rewrite(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(content)

    def fetch(self, name: str) -> None:
        """Replace a file, or all of them if it is empty, by what was published."""
        source = self.published / name
        for path in [source] if source.is_file() else [p for p in source.rglob("*") if p.is_file()]:
            self.rewrite(str(path.relative_to(self.published)), path.read_bytes())

    def cut(self, name: str, size: int) -> None:
        """Keep the first `size` bytes of a file, or all but the last ones if it is negative."""
        self.rewrite(name, (self.folder / name).read_bytes()[:size])

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` in a text file, which must be there."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.rewrite(name, text.replace(old, new, 1).encode())

    def change_struct(self, file: str, name: str, change) -> None:
        """Let `change` edit the dictionary of a file's struct, and write the file again."""
        content = loadmat(self.folder / file, squeeze_me=True, simplify_cells=True)[name]
        change(content)
        matlab_file.write_struct(self.folder / file, name, _as_matlab(content))

    def change_recording(self, change) -> None:
        """Let `change` edit `labels` and `data` [channels, samples] and write S03 of them."""

        def edit(raw: dict[str, Any]) -> None:
            parts = {"labels": list(raw["label"]), "data": np.array(raw["trial"])}
            change(parts)
            count = parts["data"].shape[1]
            raw["hdr"]["label"] = raw["label"] = parts["labels"]
            raw["hdr"]["nSamples"], raw["sampleinfo"] = float(count), np.array([[1.0, count]])
            raw["trial"], raw["time"] = parts["data"], np.arange(count) / 500

        self.change_struct("S03.mat", "raw", edit)

    def as_second_release(self) -> None:
        """Write S03 as BrainVision files and rename `proc`."""
        raw = loadmat(self.folder / "S03.mat", simplify_cells=True)["raw"]
        (self.folder / "S03.mat").unlink()
        (self.folder / "proc").rename(self.folder / "timelock-preprocessing")
        labels, data = raw["hdr"]["label"], raw["trial"]
        header = ["Brain Vision Data Exchange Header File Version 1.0", "[Common Infos]"]
        header += ["Codepage=UTF-8", "DataFile=S03.eeg", "MarkerFile=S03.vmrk"]
        header += ["DataFormat=BINARY", "DataOrientation=MULTIPLEXED"]
        header += [f"NumberOfChannels={len(labels)}", "SamplingInterval=2000"]
        header += ["[Binary Infos]", "BinaryFormat=IEEE_FLOAT_32", "[Channel Infos]"]
        header += [f"Ch{row}={label},,1,µV" for row, label in enumerate(labels, start=1)]
        self.rewrite("S03.vhdr", "\n".join([*header, ""]).encode())
        marker = ["Brain Vision Data Exchange Marker File, Version 1.0", "[Common Infos]"]
        marker += ["Codepage=UTF-8", "DataFile=S03.eeg", "[Marker Infos]"]
        self.rewrite("S03.vmrk", "\n".join([*marker, "Mk1=New Segment,,1,1,0", ""]).encode())
        self.rewrite("S03.eeg", data.T.astype("<f4").tobytes())
        self.published = self.folder.with_name("second release")
        shutil.copytree(self.folder, self.published, copy_function=os.link)


def _as_matlab(value: Any) -> Any:
    """Turn lists and arrays of text back into cell arrays, at any depth."""
    if isinstance(value, dict):
        return {key: _as_matlab(inner) for key, inner in value.items()}
    texts = isinstance(value, list) or (isinstance(value, np.ndarray) and value.dtype.kind in "UO")
    return matlab_file.cell(list(value)) if texts else value
