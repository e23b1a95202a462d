"""Small raw trees of the two real studies, in their formats, for config.yaml as it is shipped."""

import shutil
from pathlib import Path
from typing import Any

from simulation import brennan, gwilliams
from simulation.checkpoint import write_tiny_checkpoint
from speech_decoding.studies.gwilliams import STORIES as PUBLISHED
from tests.small_alice import SmallAlice

SEED, SNR = 3, 0.3
# A part of MEG-MASC: two of four stories, of which the first by task is not the first by name.
STORIES, LISTENERS = ("lw1", "cable_spool_fort"), ("01", "02")
STORY_S = 60
ALICE_LISTENERS = ("S01", "S03")


def lay_meg_masc(folder: Path) -> None:
    """Write session 0 of two listeners, who heard two of the study's stories."""
    stories = {name: PUBLISHED[name] for name in STORIES}
    timed = {name: story | {"duration_s": STORY_S} for name, story in stories.items()}
    gwilliams.simulate_stimuli(folder, stories=timed, subjects=LISTENERS, sessions=["0"], seed=SEED)
    for subject in LISTENERS:
        for name, story in stories.items():
            gwilliams.simulate_recording(
                folder, subject=subject, session="0", story=name, snr=SNR, seed=SEED, **story
            )


def lay_alice(folder: Path) -> None:
    """Write two listeners; the second one's brain is the first one's, a little weaker."""
    one, other = ALICE_LISTENERS
    brennan.simulate_stimuli(folder, seed=SEED)
    brennan.simulate_recording(folder, subject=one, snr=SNR, seed=SEED)
    for name in ("", "proc/"):
        shutil.copyfile(folder / f"{name}{one}.mat", folder / f"{name}{other}.mat")
    SmallAlice(folder).change_struct(f"{other}.mat", "raw", _weaken)


def _weaken(raw: dict[str, Any]) -> None:
    raw["trial"] = 0.9 * raw["trial"]


def write_checkpoint(path: Path) -> None:
    """Write a speech model with the layers that the shipped embeddings name."""
    write_tiny_checkpoint(path, layers=24, dimension=32, channels=16, heads=2)
