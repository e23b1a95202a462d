"""Damaged BrainVision recordings: a sentence or a recording, and no more."""

import numpy as np
import pytest

from plumbing.errors import InputError
from speech_decoding.studies.brainvision import read_brainvision
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate

HEADER = """Brain Vision Data Exchange Header File Version 1.0
[Common Infos]
Codepage=UTF-8
DataFile=a.eeg
MarkerFile=a.vmrk
DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=3
SamplingInterval=2000
[Binary Infos]
BinaryFormat=INT_16
[Channel Infos]
Ch1=1,,0.5,µV
Ch2=2,,0.5,µV
Ch3=Aux5,,1,
[Comment]
"""
SIGNAL = np.arange(120, dtype="<i2").tobytes()
WORDS = [word for line in HEADER.splitlines() for word in line.split("=") if word]
NUMBERS = ["0", "-1", "1e9", "nan", "inf", "2.5", "", "\0", "IEEE_FLOAT_32", "VECTORIZED", "ASCII"]


def change_header(random) -> bytes:
    """Change bytes of the header, or put another word in place of one of its own."""
    if random.random() < 0.5:
        return mutate(random, HEADER.encode())
    return HEADER.replace(random.choice(WORDS), random.choice([*WORDS, *NUMBERS])).encode()


@pytest.mark.long
def test_damaged_recordings_are_told(tmp_path):
    path, ends = tmp_path / "a.vhdr", set()
    for _, random in tries():
        path.write_bytes(change_header(random))
        signal = mutate(random, SIGNAL) if random.random() < 0.3 else SIGNAL
        path.with_suffix(".eeg").write_bytes(signal)
        try:
            names, rate_hz, data = read_brainvision(path)
        except InputError:
            ends.add("told")
            continue
        assert len(data) == len(names) == len(set(names)) and 0 < rate_hz < np.inf
        ends.add("read")
    assert ends == {"told", "read"}
