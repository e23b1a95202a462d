"""The small study trained, and its decoder asked, as the workflow does it."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plumbing.results import RUN, Results
from speech_decoding.controls.measuring import further_segments, measure_controls
from speech_decoding.evaluation.evaluate import retrieve_test_segments
from speech_decoding.evaluation.trained import open_trained
from speech_decoding.segments.windows import Window
from tests.training.small_study import OUTPUTS, WINDOW, changed, command

ROOT = Path(__file__).parent.parent.parent
_AUDIO_RATE_HZ = 400
_STORY_S = 64


def train(run: Results, *further: str, **training: Any) -> int:
    """Run train_decoder.py with some of the block `training` changed; give its exit status."""
    script = ROOT / "workflow_scripts" / "train_decoder.py"
    done = subprocess.run(
        [sys.executable, script, *command(run, changed(**training), *further)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow_scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 75):
        raise RuntimeError(f"train_decoder.py ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.returncode


def train_interrupted(run: Results, **training: Any) -> int:
    """Train until the time is up, at once, and go on; give the exit status of the first try."""
    status = train(run, "--max-minutes", "0", **training)
    train(run, **training)
    return status


def digest(run: Results) -> str:
    """Give a hash of the bytes of a training's outputs."""
    contents = b"".join((run.path(RUN) / name).read_bytes() for name in OUTPUTS)
    return hashlib.sha256(contents).hexdigest()


def ask(run: Results, device: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Retrieve the test segments and run the controls: the table, and what the controls gave."""
    trained = open_trained(
        run,
        device=device,
        threads=None,
        further=further_segments(Window(**WINDOW)),
    )
    wavs = pd.DataFrame({"story": ["tale"], "wav": ["tale.wav"], "begin_s": [0.0]})
    table, _ = retrieve_test_segments(trained, wavs)
    noise = np.random.default_rng(0).standard_normal(_STORY_S * _AUDIO_RATE_HZ)
    controls = measure_controls(
        trained,
        table,
        wavs,
        {"tale": noise.astype(np.float32)},
        audio_rate_hz=_AUDIO_RATE_HZ,
        top_k=[1, 5, 10],
    )
    return table, controls
