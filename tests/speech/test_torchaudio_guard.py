import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "workflow_scripts"

EXTENSION = """
import os
if os.environ["EXTENSION"] == "broken":
    raise OSError("libcudart.so.13: cannot open shared object file")
_IS_TORCHAUDIO_EXT_AVAILABLE = True
def fail_if_no_align(function):
    return function
"""

PACKAGE = """
from . import _helper, _extension

@_extension.fail_if_no_align
def forced_align():
    return "aligned"
"""

QUESTIONS = """
from speech_decoding.speech.torchaudio_guard import torchaudio
import torchaudio as imported
print(torchaudio is imported, torchaudio._extension._IS_TORCHAUDIO_EXT_AVAILABLE)
try:
    print(torchaudio.forced_align())
except RuntimeError as error:
    print("compiled extension" in str(error))
"""


@pytest.mark.parametrize(
    ("extension", "answers"),
    [("intact", ["True True", "aligned"]), ("broken", ["True False", "True"])],
)
def test_guard_steps_in_only_where_the_extension_cannot_be_loaded(tmp_path, extension, answers):
    package = tmp_path / "torchaudio"
    package.mkdir()
    (package / "__init__.py").write_text(PACKAGE)
    (package / "_helper.py").write_text("")
    (package / "_extension.py").write_text(EXTENSION)
    ran = subprocess.run(
        [sys.executable, "-c", QUESTIONS],
        env={"PYTHONPATH": f"{LIBRARY}:{tmp_path}", "EXTENSION": extension},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split("\n")[:-1] == answers


def test_real_package_computes():
    import torch

    from speech_decoding.speech.torchaudio_guard import torchaudio

    filtered = torchaudio.functional.lfilter(
        torch.ones(4), torch.tensor([1.0, 0.0]), torch.tensor([1.0, 0.0])
    )
    assert filtered.tolist() == [1.0] * 4
