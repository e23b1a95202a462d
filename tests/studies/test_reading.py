"""Reading foreign files: what is known to be the file's fault, and what is the machine's."""

import errno
import os
import zlib
from pathlib import Path

import pytest

from plumbing.errors import InputError
from plumbing.job import Job
from speech_decoding.studies.presence import check_presence
from speech_decoding.studies.reading import reading, watch

PATH = Path("a.mat")
MACHINE = [errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.EINTR]


class OwnError(Exception):
    """What a library raises besides Python's errors."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no header"),
        zlib.error("-3"),
        OSError("could not read bytes"),
        OwnError(),
        KeyError(),
    ],
)
def test_damage_is_told(error):
    with (
        pytest.raises(InputError, match=r"^a\.mat: expected a recording, found a damaged or diff"),
        reading(PATH, "a recording", OwnError),
    ):
        raise error


@pytest.mark.parametrize(
    "error",
    [*(OSError(number, os.strerror(number)) for number in MACHINE), ImportError(), MemoryError()],
)
def test_what_is_no_damage_is_passed_on(error):
    with pytest.raises(type(error)) as told, reading(PATH, "a recording", OwnError):
        raise error
    assert told.value is error


def test_watchers_know_the_file_that_is_read(monkeypatch):
    seen = []
    monkeypatch.setattr("speech_decoding.studies.reading._watchers", [])
    watch(seen.append)
    with reading(PATH, "a recording"):
        assert seen == [PATH]
    with pytest.raises(InputError), reading(PATH, "a recording"):
        raise ValueError
    assert seen == [PATH, None, PATH, None]


@pytest.mark.parametrize("number", [*MACHINE, errno.EACCES])
def test_a_file_that_the_machine_cannot_open_is_not_called_absent(tmp_path, monkeypatch, number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.con"
    path.write_bytes(b"sound")
    assert check_presence(path) == []
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        check_presence(path)
    with pytest.raises(InputError, match="a file that this machine can read, found"):
        Job().note_raw_files([path], {})
