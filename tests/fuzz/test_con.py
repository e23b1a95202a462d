"""Damaged KIT recordings are read as they stand or refused in a sentence."""

import json

import numpy as np
import pytest

from plumbing.errors import InputError
from simulation import kit_file
from speech_decoding.recordings.signal_checks import check_signal
from speech_decoding.studies import kit
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate

SAMPLES = 3200


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("intact") / "a.con"
    block = np.random.default_rng(0).normal(0, 1e-12, (256, SAMPLES)).astype(np.float32)
    kit_file.write_recording(path, [block], sample_count=SAMPLES, rate_hz=1000)
    return path.read_bytes()


def read(path) -> bool:
    """Read a recording as the checks do; give whether it can be read."""
    try:
        raw = kit.open_recording(path)
        findings, bad = check_signal(raw, path)
    except InputError as error:
        assert "\n" not in str(error)
        return False
    json.dumps([[vars(finding) for finding in findings], bad], allow_nan=False)
    return True


def test_an_intact_recording_is_read(content, tmp_path):
    (tmp_path / "a.con").write_bytes(content)
    assert read(tmp_path / "a.con")


@pytest.mark.long
def test_damaged_recordings_are_read_or_told(content, tmp_path):
    path, ends = tmp_path / "a.con", set()
    begin = kit.read_header(_written(path, content)).data_offset
    for number, random in tries():
        if random.random() < 0.9:
            damaged = mutate(random, content[:begin]) + content[begin:]
        else:
            damaged = mutate(random, content)
        try:
            ends.add(read(_written(path, damaged)))
        except Exception as error:
            raise AssertionError(f"try {number}") from error
    assert ends == {True, False}


def _written(path, content: bytes):
    path.write_bytes(content)
    return path
