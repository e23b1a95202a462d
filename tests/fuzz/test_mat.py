"""Damaged MATLAB files: a sentence, or the death of the process that reads them, and no more."""

import faulthandler
import io
import os
import signal
import traceback
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from plumbing.errors import InputError
from simulation.matlab_file import cell
from speech_decoding.recordings import apart
from speech_decoding.studies.brennan_cleaning import read_bad_electrodes, read_ica
from speech_decoding.studies.brennan_trials import read_trials
from speech_decoding.studies.fieldtrip import read_fieldtrip
from speech_decoding.studies.reading import limit_memory
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate

LABELS = ["1", "2", "AUD"]
RAW = {
    "hdr": {"Fs": 500.0, "nSamples": 40.0, "nTrials": 1.0, "label": cell(LABELS)},
    "label": cell(LABELS),
    "time": cell([np.arange(40.0)[None] / 500]),
    "trial": cell([np.arange(120.0).reshape(3, 40)]),
    "fsample": 500.0,
    "sampleinfo": np.array([[1.0, 40.0]]),
}
PROC = {
    "trl": np.arange(24.0).reshape(4, 6),
    "varnames": cell(["segment", "tmin", "Order"], row=True),
    "rejections": {"badchans": cell(["2"])},
    "ica": {"unmixing": np.eye(2), "topolabel": cell(LABELS[:2]), "rejcomp": np.array([[1.0]])},
}
READERS = {"raw": [read_fieldtrip], "proc": [read_trials, read_bad_electrodes, read_ica]}
UNDAMAGED, DAMAGED, UNEXPECTED = range(3)


def write(name: str, value: dict, *, compressed: bool) -> bytes:
    content = io.BytesIO()
    savemat(content, {name: value}, do_compression=compressed)
    return content.getvalue()


CONTENTS = [
    (name, write(name, value, compressed=compressed))
    for name, value in (("raw", RAW), ("proc", PROC))
    for compressed in (False, True)
]


def read_apart(name: str, path: Path) -> int:
    """Read a file in a process of its own; give how that ended, as `os.waitstatus_to_exitcode`."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = UNEXPECTED
    try:
        faulthandler.disable()  # its tracebacks of expected deaths
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        limit_memory(2**29)
        for read in READERS[name]:
            read(path)
        code = UNDAMAGED
    except InputError:
        code = DAMAGED
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def test_intact_files_are_read(tmp_path):
    for name, content in CONTENTS:
        (tmp_path / "a.mat").write_bytes(content)
        assert read_apart(name, tmp_path / "a.mat") == UNDAMAGED


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forks beside other threads
def test_damaged_files_are_told(tmp_path):
    expected = {UNDAMAGED, DAMAGED, *(-number for number in apart.OWN_SIGNALS)}
    path, ends = tmp_path / "a.mat", set()
    for number, random in tries():
        name, content = random.choice(CONTENTS)
        path.write_bytes(mutate(random, content))
        end = read_apart(name, path)
        assert end in expected, f"try {number}: {end}"
        ends.add(end)
    assert {UNDAMAGED, DAMAGED} <= ends
