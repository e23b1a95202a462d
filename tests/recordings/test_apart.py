"""Verdicts given in a process of its own, and what may end it."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from plumbing.errors import InputError
from plumbing.results import CHECK, Results
from speech_decoding.recordings import apart
from speech_decoding.recordings.apart import judge_apart
from speech_decoding.studies import Recording
from speech_decoding.studies.reading import reading
from tests.verdicts import sentences_of

RECORDING = Recording("sub-01", "01", "0", "tale")


class Broken:
    """A study whose check does what `how` says while it reads a file, or besides it."""

    def __init__(self, how: str, *, while_reading: bool = True):
        self.how, self.while_reading = how, while_reading

    def raw_files(self, recording: Recording) -> list[Path]:
        return [Path("a.con")]

    def check(self, recording: Recording) -> list:
        if self.while_reading:
            with reading(Path("a.con"), "a recording"):
                self.act()
        else:
            self.act()
        return []

    def act(self) -> None:
        if self.how.startswith("SIG"):
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)  # pytest may have its own handler
            os.kill(os.getpid(), getattr(signal, self.how))
        elif self.how == "memory":
            np.ones(2**40, dtype=np.int8)
        elif self.how == "exit":
            os._exit(3)
        elif self.how == "damage":
            raise ValueError("no header")
        elif self.how == "import":
            raise ImportError("no such library")
        else:
            raise OSError(getattr(errno, self.how), os.strerror(getattr(errno, self.how)))


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGXCPU"])
def test_a_file_that_ends_its_reader_is_damaged(name):
    verdict = judge_apart(Broken(name), RECORDING)
    assert (verdict["recording"], verdict["verdict"]) == ("sub-01", "excluded")
    (sentence,) = sentences_of(verdict)
    assert sentence.startswith(
        f"a.con: expected a file that can be read, found one whose reader "
        f"was ended by {name}; it is damaged; fetch or copy the file again"
    )


@pytest.mark.parametrize(
    ("how", "words"), [("damage", r"\(no header\)"), ("memory", "more memory than it can need")]
)
def test_damage_is_a_fault_of_the_file(how, words, monkeypatch):
    monkeypatch.setattr(apart, "_LEAST_MEMORY_BYTES", 2**31)
    (sentence,) = sentences_of(judge_apart(Broken(how), RECORDING))
    assert sentence.startswith("a.con: expected a recording, found a damaged or different file")
    assert words.replace("\\", "") in sentence


@pytest.mark.parametrize(
    ("how", "while_reading"),
    [
        *((name, True) for name in ("EIO", "EMFILE", "ENFILE", "ENOMEM", "ESTALE", "EINTR")),
        *(("EIO", False), ("import", True), ("exit", False), ("SIGKILL", True)),
    ],
)
def test_a_broken_machine_is_no_verdict(how, while_reading):
    with pytest.raises(InputError) as told:
        judge_apart(Broken(how, while_reading=while_reading), RECORDING)
    sentence = str(told.value)
    assert sentence.startswith("recording sub-01: expected a machine on which its files can be")
    expected = {"import": "no such library", "exit": "ended with status 3"}
    found = expected.get(how) or (
        how if how.startswith("SIG") else os.strerror(getattr(errno, how))
    )
    assert found in sentence
    assert ("memory" in sentence) == (how in ("SIGKILL", "ENOMEM"))


@pytest.mark.parametrize("how", ["SIGSEGV", "damage"])
def test_what_happens_besides_reading_says_nothing_about_a_file(how):
    with pytest.raises(InputError, match="no verdict was written"):
        judge_apart(Broken(how, while_reading=False), RECORDING)


def test_the_verdict_is_that_of_the_same_process(intact_alice):
    for subject in ("S02", "S03"):
        recording = intact_alice.recording(subject)
        assert judge_apart(intact_alice.reader, recording) == intact_alice.verdict(subject)


def test_a_changed_byte_of_an_uncompressed_file_is_a_sentence(alice):
    """Some changes end SciPy by signal; the next listeners are judged all the same."""
    path, recording = alice.folder / "proc/S03.mat", alice.recording("S03")
    proc = loadmat(path, struct_as_record=False)["proc"]
    path.unlink()
    savemat(path, {"proc": proc}, do_compression=False)
    intact = path.read_bytes()
    assert judge_apart(alice.reader, recording)["verdict"] == "used"
    # The type of the numbers of the table: there is none of this number.
    place = intact.index(proc[0, 0].trl.tobytes(order="F")) - 8
    alice.rewrite("proc/S03.mat", intact[:place] + b"\xff" + intact[place + 1 :])
    verdict = judge_apart(alice.reader, recording)
    assert verdict["verdict"] == "excluded"
    assert "proc/S03.mat: expected a" in sentences_of(verdict)[0]


@pytest.mark.parametrize("level", ["1", "2"])
def test_python_without_asserts_or_docstrings_gives_the_same_verdict_or_none(
    intact_alice, tmp_path, level
):
    """Libraries may need their docstrings: then the job ends, and the data are not to blame."""
    results = Results(tmp_path / "alice", recording="S03")
    script = Path(__file__).parents[2] / "workflow_scripts" / "check_recording.py"
    layout = intact_alice.layout | {"subjects": ["S03"]}
    study = {"reader": "brennan", "raw_folder": str(intact_alice.folder), "layout": layout}
    command = [sys.executable, script, "--recording", "S03", "--study", json.dumps(study)]
    command += ["--results", results.folder]
    environment = os.environ | {"PYTHONOPTIMIZE": level}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        assert results.read(CHECK) == intact_alice.verdict("S03")
    else:
        assert not results.path(CHECK).exists()
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("Error: recording S03: expected a machine on which its files can")
