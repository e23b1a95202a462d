"""Where the real tables and files lie, for the tests that are proved on them."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("SPEECH_DECODING_REALDATA", _ROOT.parent / "shared" / "realdata"))

needed = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the real files are not part of the repository; SPEECH_DECODING_REALDATA names them",
)
