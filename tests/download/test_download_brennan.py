"""The Alice folder: both releases are accepted, and what is missing is named with its place."""

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from download.brennan import WAVS, WORDS, complete
from plumbing.errors import InputError
from tests import realdata
from tests.download.conftest import content

SUBJECTS = ["S01", "S10", "S48"]
GLOBUS = "collection cc387c09-b0e5-422b-a384-0d96e7ffdc73, path /bn/99/97/38/r/"


def put_recordings(folder: Path, release: int, subjects: list[str] = SUBJECTS) -> None:
    openings = {".mat": b"MATLAB 5.0 MAT-file"}
    if release == 2:
        openings = {".eeg": b"\1", ".vhdr": b"Brain Vision Data", ".vmrk": b"Brain Vision Data"}
    for subject in subjects:
        for suffix, opening in openings.items():
            (folder / f"{subject}{suffix}").write_bytes(opening + bytes(100))


def put_archive(path: Path, names: list[str]) -> None:
    with ZipFile(path, "w") as zipped:
        for name in names:
            zipped.writestr(name, content(name, 300))


@pytest.fixture
def second(tmp_path) -> Path:
    """A folder as the second release leaves it: archives not yet unpacked."""
    put_recordings(tmp_path, 2)
    put_archive(tmp_path / "audio.zip", WAVS)
    put_archive(tmp_path / "proc.zip", [f"timelock-preprocessing/{s}.mat" for s in SUBJECTS])
    (tmp_path / WORDS).write_text("Word,Segment\n")
    return tmp_path


@pytest.fixture
def first(tmp_path) -> Path:
    """A folder as the first release leaves it, with the real tables."""
    put_recordings(tmp_path, 1)
    put_archive(tmp_path / "audio.zip", WAVS)
    for name in ("proc.zip", WORDS):
        shutil.copy(realdata.FOLDER / "brennan" / name, tmp_path)
    return tmp_path


def incomplete(folder, capsys, subjects=SUBJECTS) -> str:
    with pytest.raises(InputError, match="fetch them by hand"):
        complete(folder, subjects)
    return capsys.readouterr().out


def test_the_second_release(second, capsys):
    complete(second, SUBJECTS)
    assert "3 recordings and all that belongs to them, second release" in capsys.readouterr().out
    assert all((second / wav).read_bytes() == content(wav, 300) for wav in WAVS)
    assert (second / "timelock-preprocessing" / "S10.mat").is_file()
    complete(second, SUBJECTS)
    assert "0 files unpacked" in capsys.readouterr().out


@realdata.needed
def test_the_first_release(first, capsys):
    complete(first, SUBJECTS)
    assert "first release (.mat)." in capsys.readouterr().out
    assert len(list((first / "proc").glob("S*.mat"))) == 42


@realdata.needed
@pytest.mark.parametrize("name", ["proc.zip", WORDS])
def test_a_file_of_the_first_release_that_differs(first, capsys, name):
    with (first / name).open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"??")
    told = incomplete(first, capsys)
    assert f"Wrong: {first / name}: expected " in told
    assert name == WORDS or not (first / "proc").exists()


def test_archives_unpacked_by_hand_serve_as_well(second):
    complete(second, SUBJECTS)
    (second / "audio.zip").unlink()
    (second / "proc.zip").unlink()
    (second / "timelock-preprocessing").rename(second / "proc")
    complete(second, SUBJECTS)


def test_nothing_there(tmp_path, capsys):
    told = incomplete(tmp_path / "alice", capsys)
    assert (
        "https://doi.org/10.7302/Z29C6VNH" in told and "https://doi.org/10.7302/746w-g237" in told
    )
    assert GLOBUS in told
    for name in ("S48.mat", "S48.vhdr", "audio.zip", "proc.zip", WORDS):
        assert name in told
    assert not (tmp_path / "alice").exists()


@pytest.mark.parametrize("name", ["S10.vhdr", "S10.eeg", "audio.zip", "proc.zip", WORDS])
def test_one_file_missing(second, capsys, name):
    (second / name).unlink()
    told = incomplete(second, capsys)
    assert told.split("\n    ")[1:] and told.rstrip().endswith(f"\n    {name}")
    assert GLOBUS in told
    assert ".mat" not in told.replace("(.mat)", "")  # the release that was begun, not the other


def test_a_page_saved_in_place_of_a_recording(second, capsys):
    (second / "S10.vhdr").write_text("<!DOCTYPE html><title>Just a moment...</title>")
    assert incomplete(second, capsys).rstrip().endswith("\n    S10.vhdr")


def test_a_cut_archive_hides_nothing_else(second, capsys):
    (second / "audio.zip").write_bytes((second / "audio.zip").read_bytes()[:-100])
    told = incomplete(second, capsys)
    assert f"Wrong: {second / 'audio.zip'}: expected a complete zip archive" in told
    assert told.rstrip().endswith("\n    audio.zip")
    assert (second / "timelock-preprocessing" / "S10.mat").is_file()


def test_subjects_that_never_had_trials_need_none(second, capsys):
    put_recordings(second, 2, ["S28"])
    complete(second, [*SUBJECTS, "S28"])
