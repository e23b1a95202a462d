"""A simulated study of two stories, written once."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pytest

from simulation.gwilliams import simulate_recording, simulate_stimuli
from speech_decoding.studies import Recording
from speech_decoding.studies.gwilliams import Study


class SimulatedStudy:
    """The folder of a study and its reader; recordings are written when they are asked for."""

    stories: ClassVar = {
        "night_ferry": {"task": "0", "parts": 2, "duration_s": 120},
        "the_glass_orchard": {"task": "1", "parts": 2, "duration_s": 120},
    }
    seed = 5

    def __init__(self, folder: Path):
        self.folder = folder
        stories = {
            name: {"task": story["task"], "parts": story["parts"]}
            for name, story in self.stories.items()
        }
        layout = {"subjects": ["01", "02"], "sessions": ["0"], "absent": [], "stories": stories}
        self.reader = Study(folder, **layout)
        simulate_stimuli(
            folder, stories=self.stories, subjects=["01", "02"], sessions=["0"], seed=self.seed
        )

    def recording(self, subject: str, story: str) -> Recording:
        """Give a recording of signal-to-noise ratio 0.1, written if it is not there."""
        found = next(
            one for one in self.reader.recordings() if (one.subject, one.story) == (subject, story)
        )
        if not self.reader.raw_files(found)[0].exists():
            self.write(self.folder, subject=subject, story=story, snr=0.1)
        return found

    def write(self, folder: Path, *, subject: str, story: str, snr: float) -> None:
        """Write a recording to a folder that holds the stimuli."""
        chosen = {key: self.stories[story][key] for key in ("task", "parts")}
        simulate_recording(
            folder, subject=subject, session="0", story=story, snr=snr, seed=self.seed, **chosen
        )


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> SimulatedStudy:
    return SimulatedStudy(tmp_path_factory.mktemp("study"))


@pytest.fixture
def run_script(monkeypatch):
    """Give a function that runs the `main` of a command-line script with these arguments."""

    def run(name: str, *arguments: str, settings: dict) -> None:
        given = [name, *arguments, "--settings", json.dumps(settings)]
        monkeypatch.setattr(sys, "argv", given)
        import_module(name).main()

    return run
