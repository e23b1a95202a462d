"""Seals: a file that is not what its step wrote, where it wrote it, is refused in a sentence."""

import errno
import json
import os
import shutil
import time

import numpy as np
import pytest

from plumbing import files, seals
from plumbing.errors import InputError
from plumbing.job import Job
from plumbing.results import DESCRIPTION, PROOF, SIGNAL, Results
from plumbing.seals import hash_file, seal_path

RECORDING, RUN = {"recording": "r"}, {"experiment": "main", "seed": 1}


@pytest.fixture
def folder(tmp_path):
    """The results of a study: three steps' files, each made from the one before."""
    folder = tmp_path / "results" / "demo"
    results = begin(folder, "preprocess_recording")
    results.write(SIGNAL, np.arange(5), **RECORDING)
    results = begin(folder, "split_blocks")
    results.read(SIGNAL, **RECORDING)
    results.write(PROOF, {"clean": True})
    results = begin(folder, "train_decoder")
    results.read(PROOF)
    results.write(DESCRIPTION, {"trained": True}, **RUN)
    return folder


def begin(folder, rule, *, settings="a", **expected):
    """Begin a job of a study."""
    return Results(folder, Job(rule=rule, settings=settings, code="c", expected=expected))


@pytest.fixture
def results(folder):
    return begin(folder, "write_report")


def refusal(results, name, **wildcards):
    with pytest.raises(InputError) as caught:
        results.read(name, **wildcards)
    sentence = str(caught.value)
    assert str(results.path(name, **wildcards)) in sentence and "\n" not in sentence
    assert "delete the file and give the same command again" in sentence
    return sentence


def rewrite(path, content, *, seconds=0):
    """Change a file, as long ago as is given."""
    path.write_bytes(content)
    then_ns = time.time_ns() - seconds * 10**9
    os.utime(path, ns=(then_ns, then_ns))


def test_a_seal_tells_what_a_file_holds_and_was_made_from(results):
    path = results.path(DESCRIPTION, **RUN)
    assert json.loads(seal_path(path).read_text()) == {
        "file": "demo/experiments/main/seed-1/decoder.json",
        "bytes": path.stat().st_size,
        "sha256": hash_file(path),
        "rule": "train_decoder",
        "settings": "a",
        "code": "c",
        "inputs": {"demo/segments/proof.json": hash_file(results.path(PROOF))},
        "stamps": {},
    }
    assert results.read(DESCRIPTION, **RUN) == {"trained": True}


def test_whole_results_may_be_moved(results, tmp_path):
    moved = shutil.move(results.folder.parent, tmp_path / "elsewhere")
    again = begin(moved / "demo", "write_report")
    assert again.read(DESCRIPTION, **RUN) == {"trained": True}


def test_a_truncated_file_is_refused(results):
    path = results.path(SIGNAL, **RECORDING)
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    sentence = refusal(results, SIGNAL, **RECORDING)
    assert f"of {len(content)} bytes" in sentence and f"found {len(content) - 8} bytes" in sentence


def test_an_edited_file_is_refused(results):
    path = results.path(PROOF)
    path.write_text(path.read_text().replace("true", "TRUE"))
    assert "edited or damaged" in refusal(results, PROOF)


@pytest.mark.parametrize("content", [None, "", "{"])
def test_a_file_without_a_whole_seal_is_refused(results, content):
    seal = seal_path(results.path(PROOF))
    seal.unlink()
    if content is not None:
        seal.write_text(content)
    assert "found none" in (found := refusal(results, PROOF)) or "a damaged one" in found


def test_a_missing_file_is_told(results):
    results.path(PROOF).unlink()
    assert "No such file" in refusal(results, PROOF)


def test_a_file_of_another_study_is_refused(results):
    shutil.copytree(results.folder, results.folder.parent / "gwilliams")
    other = begin(results.folder.parent / "gwilliams", "write_report")
    assert "written as demo/segments/proof.json" in refusal(other, PROOF)


def test_a_file_made_with_other_settings_is_refused(folder):
    other = begin(folder, "cut_segments", split_blocks=["b"])
    assert "made with others" in refusal(other, PROOF)
    either = begin(folder, "cut_segments", split_blocks=["a", "b"])
    assert either.read(PROOF) == {"clean": True}


def test_a_file_made_from_what_has_changed_since_is_refused(folder, results):
    begin(folder, "preprocess_recording").write(SIGNAL, np.arange(6), **RECORDING)
    assert "made from demo/recordings/r/signal.npy" in refusal(results, PROOF)


def test_the_same_again_changes_nothing(folder, results):
    begin(folder, "preprocess_recording").write(SIGNAL, np.arange(5), **RECORDING)
    assert results.read(PROOF) == {"clean": True}


def test_raw_files_are_hashed(tmp_path):
    raw = tmp_path / "data" / "raw.con"
    files.write(raw, b"3")
    assert [path.name for path in raw.parent.iterdir()] == ["raw.con"]
    results = Results(tmp_path / "results" / "demo")
    results.job.note_raw_files([raw, tmp_path / "data" / "absent.con"], {})
    results.write(PROOF, {})
    seal = json.loads(seal_path(results.path(PROOF)).read_text())
    assert seal["inputs"] == {str(raw): hash_file(raw)}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_what_cannot_be_written_is_told_in_a_sentence(results, monkeypatch, number):
    def fail(_):
        raise OSError(number, "")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(InputError, match="the file was not written"):
        results.write(PROOF, 2)
    monkeypatch.undo()
    assert results.read(PROOF) == {"clean": True}
    names = {path.name for path in results.path(PROOF).parent.iterdir()}
    assert names == {".proof.json.seal", "proof.json"}


# ------------------------------------------------------------------------ what was verified once


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files that are read to be hashed."""
    names = []

    def count(path):
        names.append(path.name)
        return hash_file(path)

    monkeypatch.setattr(seals, "hash_file", count)
    return names


def test_a_file_is_read_once_and_not_by_every_job(folder, hashed):
    path = Results(folder).path(SIGNAL, **RECORDING)
    rewrite(path, path.read_bytes(), seconds=60)
    for _ in range(3):
        assert len(begin(folder, "train_decoder").read(SIGNAL, **RECORDING)) == 5
    assert hashed == ["signal.npy"]


def test_a_file_that_was_just_written_is_read_again(folder, hashed):
    """Another change within the resolution of time stamps would not be seen."""
    for _ in range(2):
        begin(folder, "train_decoder").read(SIGNAL, **RECORDING)
    assert hashed == ["signal.npy"] * 2


@pytest.mark.parametrize("change", ["content", "time", "inode", "size"])
def test_a_change_of_what_was_verified_is_seen(folder, hashed, change):
    path = Results(folder).path(SIGNAL, **RECORDING)
    content = path.read_bytes()
    rewrite(path, content, seconds=60)
    begin(folder, "train_decoder").read(SIGNAL, **RECORDING)
    hashed.clear()
    match change:
        case "content":
            rewrite(path, content[:-1] + b"\1", seconds=50)
        case "time":
            rewrite(path, content, seconds=50)
        case "inode":
            status = path.stat()
            shutil.copy2(path, path.with_suffix(".copy"))
            path.with_suffix(".copy").replace(path)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        case "size":
            rewrite(path, content + b"1", seconds=60)
    again = begin(folder, "train_decoder")
    if change in ("content", "size"):
        refusal(again, SIGNAL, **RECORDING)
    else:
        again.read(SIGNAL, **RECORDING)
    assert hashed == ([] if change == "size" else ["signal.npy"])


def test_results_that_may_not_be_written_are_verified_each_time(folder, hashed, monkeypatch):
    path = Results(folder).path(SIGNAL, **RECORDING)
    rewrite(path, path.read_bytes(), seconds=60)

    def refuse(path):
        raise OSError(errno.EROFS, "")

    monkeypatch.setattr(seals, "completing", refuse)
    for _ in range(2):
        begin(folder, "train_decoder").read(SIGNAL, **RECORDING)
    assert hashed == ["signal.npy"] * 2


# ------------------------------------------------------------------------------------- the job


def test_the_key_follows_what_was_read_and_the_code(folder):
    def key(code="c", **made_with):
        results = Results(folder, Job(code=code))
        results.read(SIGNAL, **RECORDING)
        return results.job.key(**made_with)

    before = key(seed=1)
    assert before == key(seed=1)
    assert len({before, key(seed=2), key(code="d", seed=1)}) == 3
    begin(folder, "preprocess_recording").write(SIGNAL, np.arange(6), **RECORDING)
    assert key(seed=1) != before


def test_an_input_is_known_by_what_it_was_when_it_was_read(folder):
    results = begin(folder, "train_decoder")
    results.read(SIGNAL, **RECORDING)
    before = results.hash_of(SIGNAL, **RECORDING)
    begin(folder, "preprocess_recording").write(SIGNAL, np.arange(6), **RECORDING)
    assert results.hash_of(SIGNAL, **RECORDING) == before
    assert begin(folder, "train_decoder").hash_of(SIGNAL, **RECORDING) != before
