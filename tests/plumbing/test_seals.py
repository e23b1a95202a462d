"""Seals: a file that is not what its step wrote, where it wrote it, is refused in a sentence."""

import errno
import json
import shutil

import numpy as np
import pytest

from plumbing import files, seals
from plumbing.errors import InputError


@pytest.fixture(autouse=True)
def _one_process(monkeypatch):
    """Let every test be a process of its own, as far as seals know."""
    monkeypatch.setattr(seals, "_job", {})
    monkeypatch.setattr(seals, "_inputs", {})
    monkeypatch.setattr(seals, "_stamps", {})


def begin(rule, *, settings="a", **expected):
    """Begin another job, as a process of its own does."""
    seals._job.clear()
    seals._inputs.clear()
    seals._stamps.clear()
    seals.begin_job(rule=rule, settings=settings, code="c", expected=expected)


def seal_of(path):
    return path.with_name(f".{path.name}.seal")


@pytest.fixture
def results(tmp_path):
    """Three steps' files, each made from the one before."""
    folder = tmp_path / "results"
    begin("split_blocks")
    files.write_json(folder / "demo" / "splits.json", [1])
    begin("cut_segments")
    files.read_json(folder / "demo" / "splits.json")
    files.write_npy(folder / "demo" / "segments.npy", np.arange(5))
    begin("train_decoder")
    files.read_npy(folder / "demo" / "segments.npy")
    files.write_json(folder / "demo" / "decoder.json", {"trained": True})
    begin("write_report")
    return folder


def refusal(path, read=files.read_json):
    with pytest.raises(InputError) as caught:
        read(path)
    sentence = str(caught.value)
    assert str(path) in sentence and "\n" not in sentence
    assert "delete the file and give the same command again" in sentence
    return sentence


def test_a_seal_tells_what_a_file_holds_and_was_made_from(results):
    path = results / "demo" / "decoder.json"
    seal = json.loads(seal_of(path).read_text())
    made_from = {"demo/segments.npy": seals.hash_file(results / "demo" / "segments.npy")}
    assert seal == {
        "file": "demo/decoder.json",
        "bytes": path.stat().st_size,
        "sha256": seals.hash_file(path),
        "rule": "train_decoder",
        "settings": "a",
        "code": "c",
        "inputs": made_from,
        "stamps": {},
    }
    assert files.read_json(path) == {"trained": True}


def test_whole_results_may_be_moved(results, tmp_path):
    moved = tmp_path / "elsewhere" / "results"
    shutil.move(results, moved)
    assert files.read_json(moved / "demo" / "decoder.json") == {"trained": True}


def test_a_truncated_file_is_refused(results):
    path = results / "demo" / "segments.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    sentence = refusal(path, files.read_npy)
    assert f"of {len(content)} bytes" in sentence and f"found {len(content) - 8} bytes" in sentence


def test_an_edited_file_is_refused(results):
    path = results / "demo" / "splits.json"
    path.write_text(path.read_text().replace("1", "2"))
    assert "edited or damaged" in refusal(path)


@pytest.mark.parametrize("content", [None, "", "{"])
def test_a_file_without_a_whole_seal_is_refused(results, content):
    path = results / "demo" / "splits.json"
    seal_of(path).unlink()
    if content is not None:
        seal_of(path).write_text(content)
    assert "found none" in (found := refusal(path)) or "a damaged one" in found


def test_a_missing_file_is_told(results):
    path = results / "demo" / "splits.json"
    path.unlink()
    assert "No such file" in refusal(path)


def test_a_file_of_another_study_is_refused(results):
    for name in ("splits.json", ".splits.json.seal"):
        (results / "gwilliams").mkdir(exist_ok=True)
        shutil.copy(results / "demo" / name, results / "gwilliams" / name)
    assert "written as demo/splits.json" in refusal(results / "gwilliams" / "splits.json")


def test_a_file_made_with_other_settings_is_refused(results):
    begin("cut_segments", split_blocks=["b"])
    assert "made with others" in refusal(results / "demo" / "splits.json")
    begin("cut_segments", split_blocks=["a", "b"])
    assert files.read_json(results / "demo" / "splits.json") == [1]


def test_a_file_made_from_what_has_changed_since_is_refused(results):
    begin("split_blocks")
    files.write_json(results / "demo" / "splits.json", [2])
    begin("write_report")
    assert "made from demo/splits.json" in refusal(
        results / "demo" / "segments.npy", files.read_npy
    )


def test_the_same_again_changes_nothing(results):
    begin("split_blocks")
    files.write_json(results / "demo" / "splits.json", [1])
    begin("write_report")
    assert len(files.read_npy(results / "demo" / "segments.npy")) == 5


def test_raw_files_are_hashed_and_carry_no_seal(tmp_path):
    raw, output = tmp_path / "data" / "raw.con", tmp_path / "results" / "verdict.json"
    files.write_json(raw, 3)
    assert [path.name for path in raw.parent.iterdir()] == ["raw.con"]
    seals.note_raw_files([raw, tmp_path / "data" / "absent.con"], {})
    files.write_json(output, {})
    inputs = json.loads(seal_of(output).read_text())["inputs"]
    assert inputs == {str(raw): seals.hash_file(raw)}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_what_cannot_be_written_is_told_in_a_sentence(tmp_path, monkeypatch, number):
    def fail(_):
        raise OSError(number, "")

    path = tmp_path / "results" / "a.json"
    files.write_json(path, 1)
    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(InputError, match="the file was not written"):
        files.write_json(path, 2)
    monkeypatch.undo()
    assert files.read_json(path) == 1
    assert sorted(p.name for p in path.parent.iterdir()) == [".a.json.seal", "a.json"]
