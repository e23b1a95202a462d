"""Archives are unpacked whole, again and again, or refused before anything is written."""

import stat
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from download.archives import members_of, unpack
from plumbing.errors import InputError
from tests.download.conftest import content, tree

FILES = {f"audio/{n}.wav": content(n, 5_000) for n in range(4)}


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "audio.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as zipped:
        zipped.mkdir("audio")
        for name, written in FILES.items():
            zipped.writestr(name, written)
        zipped.writestr("__MACOSX/audio/._0.wav", b"x")
        zipped.writestr("audio/.DS_Store", b"x")
    return path


def test_unpacked_once(archive, tmp_path):
    assert members_of(archive) == list(FILES)
    assert len(unpack(archive, tmp_path / "to")) == 4
    assert tree(tmp_path / "to") == FILES
    assert unpack(archive, tmp_path / "to") == []


@pytest.mark.parametrize("wrong", [None, b"", bytes(5_000)], ids=["gone", "empty", "other"])
def test_what_is_missing_or_wrong_is_unpacked(archive, tmp_path, wrong):
    unpack(archive, tmp_path / "to")
    spoilt = tmp_path / "to" / "audio" / "2.wav"
    spoilt.unlink() if wrong is None else spoilt.write_bytes(wrong)
    assert unpack(archive, tmp_path / "to") == [spoilt]
    assert tree(tmp_path / "to") == FILES


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "a\\..\\outside"])
def test_a_name_that_leaves_the_folder(archive, tmp_path, name):
    with ZipFile(archive, "a") as zipped:
        zipped.writestr(ZipInfo(name), b"x")
    with pytest.raises(InputError, match="outside"):
        unpack(archive, tmp_path / "to")
    assert list(tree(tmp_path)) == ["audio.zip"]


def test_a_link(archive, tmp_path):
    link = ZipInfo("audio/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(archive, "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="a link"):
        unpack(archive, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_name_that_comes_twice(archive, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"), ZipFile(archive, "a") as zipped:
        zipped.writestr("audio/0.wav", b"x")
    with pytest.raises(InputError, match="twice"):
        unpack(archive, tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_cut_short(archive, tmp_path, share):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="expected a complete zip archive"):
        unpack(archive, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_damaged_inside(archive, tmp_path):
    damaged = bytearray(archive.read_bytes())
    at = damaged.index(FILES["audio/1.wav"][:50])  # random bytes are stored as they are
    damaged[at] ^= 0xFF
    archive.write_bytes(damaged)
    with pytest.raises(InputError, match=r"'audio/1\.wav' damaged"):
        unpack(archive, tmp_path / "to")
    assert tree(tmp_path / "to") == {"audio/0.wav": FILES["audio/0.wav"]}
