"""A small simulated MEG-MASC study, and what breaks it."""

import os
import shutil
import struct
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from simulation.gwilliams import simulate_recording, simulate_stimuli
from speech_decoding.recordings.checks import judge_recording
from speech_decoding.studies.gwilliams import Study


class SmallStudy:
    """A study of one listener and one story of two audio files; `folder` may be broken."""

    story: ClassVar = {"tiny_tale": {"task": "0", "parts": 2}}
    layout: ClassVar = {"subjects": ["01"], "sessions": ["0"], "absent": [], "stories": story}

    def __init__(self, folder: Path):
        self.folder = folder
        self.reader = Study(folder, **self.layout)
        self.recording = self.reader.recordings()[0]
        self.con, self.channels, self.events, self.sidecar = self.reader.raw_files(self.recording)
        self.wav = self.reader.wav_files("tiny_tale")[0]

    @classmethod
    def simulate(cls, folder: Path) -> "SmallStudy":
        stories = {"tiny_tale": cls.story["tiny_tale"] | {"duration_s": 12}}
        simulate_stimuli(folder, stories=stories, subjects=["01"], sessions=["0"], seed=1)
        one = {"subject": "01", "session": "0", "story": "tiny_tale", "snr": 0.1, "seed": 1}
        simulate_recording(folder, **one, **cls.story["tiny_tale"])
        return cls(folder)

    def copy(self, folder: Path) -> "SmallStudy":
        """Copy the study; files are linked until they are rewritten."""
        shutil.copytree(self.folder, folder, copy_function=os.link)
        return SmallStudy(folder)

    def verdict(self) -> dict:
        return judge_recording(self.reader, self.recording)

    # What follows breaks files.

    @staticmethod
    def rewrite(path: Path, content: bytes) -> None:
        path.unlink()
        path.write_bytes(content)

    def cut(self, path: Path, size: int) -> None:
        self.rewrite(path, path.read_bytes()[:size])

    def patch_con(self, entry: int, skip: int, content: bytes) -> None:
        """Overwrite bytes of the .con, `skip` bytes behind where a directory entry points."""
        blob = bytearray(self.con.read_bytes())
        start = struct.unpack_from("<i", blob, 16 * entry)[0] + skip
        blob[start : start + len(content)] = content
        self.rewrite(self.con, bytes(blob))

    def change_samples(self, change) -> None:
        """Rewrite the .con after `change(samples)` changed them: int16 [samples, channels]."""
        blob = bytearray(self.con.read_bytes())
        offset, _, count, _ = struct.unpack_from("<4i", blob, 16 * 9)
        samples = np.frombuffer(blob, "<i2", count, offset).reshape(-1, 256)
        change(samples)
        self.rewrite(self.con, bytes(blob))

    def change_line(self, path: Path, number: int, change) -> None:
        """Rewrite a text with `change(line)` for the line of this number, from 1."""
        lines = path.read_text(encoding="utf-8-sig").split("\n")
        lines[number - 1] = change(lines[number - 1])
        self.rewrite(path, "\n".join(lines).encode())

    def change_table(self, path: Path, change) -> None:
        """Rewrite a table with `change(table)`, cells as texts."""
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        path.unlink()
        change(table).to_csv(path, sep="\t", index=False, encoding="utf-8-sig")
