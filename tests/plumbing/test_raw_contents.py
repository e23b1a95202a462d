"""Stamps of raw files: another content gives another one, another time alone does not."""

import os

import pytest

from plumbing.job import Job
from plumbing.raw_contents import KnownHashes, stamps_of


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A raw file that a step has read, and what the next run knows of it."""
    monkeypatch.chdir(tmp_path)
    return Read(tmp_path)


class Read:
    def __init__(self, folder):
        self.raw, self.output = folder / "a.con", folder / "results" / "verdict.json"
        self.raw.write_bytes(b"recording")
        self.read()

    def read(self):
        stamps = self.stamps()
        job = Job()
        job.note_raw_files([self.raw], stamps)
        self.output.parent.mkdir(exist_ok=True)
        self.output.write_text("used")
        job.seal(self.output, "verdict.json", self.output)
        return stamps

    def stamps(self):
        return stamps_of([self.raw], self.output, KnownHashes(self.output.parents[1] / "known"))

    def write(self, content, seconds):
        """Write the file with a time so many seconds later."""
        time_ns = self.raw.stat().st_mtime_ns + seconds * 10**9
        self.raw.write_bytes(content)
        os.utime(self.raw, ns=(time_ns, time_ns))


def test_the_stamp_is_size_and_time(read):
    status = read.raw.stat()
    assert read.stamps() == {str(read.raw): [9, status.st_mtime_ns]}


@pytest.mark.parametrize("seconds", [-100, 100])
def test_another_time_alone_says_nothing(read, seconds, capsys):
    before = read.stamps()
    read.write(b"recording", seconds)
    assert read.stamps() == before
    assert "comparing" in capsys.readouterr().err
    assert read.stamps() == before
    assert capsys.readouterr().err == ""  # read once
    assert read.read() == before  # made again for another reason
    assert read.stamps() == before


@pytest.mark.parametrize("seconds", [-100, 100])
@pytest.mark.parametrize("content", [b"recordinG", b"another"])
def test_another_content_gives_another_stamp(read, content, seconds):
    before = read.stamps()
    read.write(content, seconds)
    changed = read.stamps()
    assert changed != before
    assert read.read() == changed == read.stamps()


def test_a_file_that_comes_and_goes(read):
    before = read.stamps()
    read.raw.unlink()
    assert read.stamps() == {}
    read.raw.symlink_to("nothing")
    assert read.stamps() == {}
    read.raw.unlink()
    read.raw.write_bytes(b"recording")
    assert read.stamps() == before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"a.con": 1}'])
def test_without_its_memory_the_files_are_read_again(read, damage):
    before = read.stamps()
    read.write(b"recording", 5)
    (read.output.parents[1] / "known").write_bytes(damage)
    assert read.stamps() == before


def test_what_was_never_made_knows_nothing(read):
    (read.output.parent / ".verdict.json.seal").write_text("{}")
    read.write(b"recording", 7)
    assert read.stamps() == {str(read.raw): [9, read.raw.stat().st_mtime_ns]}
