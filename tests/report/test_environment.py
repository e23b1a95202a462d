"""The report is written in the environment of the recordings, which has no PyTorch."""

import subprocess
import sys
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "workflow_scripts"


def test_the_report_needs_no_pytorch():
    code = (
        "import sys, speech_decoding.report.contents, speech_decoding.report.page; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(LIBRARY)})
