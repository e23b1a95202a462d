"""To add a study, a speech target, an architecture, a control or a section is to add one file.

Five files are dropped into a copy of the repository, and a config file of its own says what is made
of them; nothing else is touched.
"""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.workflow.one_file.study import ELECTRODES, RATE_HZ, STORY, WAV_S, WAVS
from tests.workflow.workspace import Workspace

FILES = Path(__file__).parent / "one_file"
LIBRARY = "workflow_scripts/speech_decoding"
PLACES = {
    "study.py": f"{LIBRARY}/studies/toy.py",
    "target.py": f"{LIBRARY}/speech/targets/loudness.py",
    "architecture.py": f"{LIBRARY}/decoder/linear.py",
    "control.py": f"{LIBRARY}/controls/at_test/reversed.py",
    "section.py": f"{LIBRARY}/report/sections/toy.py",
}
REPORT = "results/toy/report.html"


def write_raw_files(folder: Path) -> None:
    """Write the audio, and two recordings that follow its loudness."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    loudness = random.uniform(0.1, 1, 2 * WAVS * WAV_S)  # in steps of half a second
    for number, part in enumerate(np.split(loudness, WAVS)):
        wave = np.repeat(part, 8000) * np.sin(np.arange(8000 * len(part)) * 0.3)
        soundfile.write(folder / f"{STORY}_{number}.wav", 0.5 * wave, 16_000)
    heard = np.concatenate([np.zeros(RATE_HZ), np.repeat(loudness, RATE_HZ // 2)])
    for subject in "AB":
        gain = random.standard_normal(len(ELECTRODES))
        signal = heard[:, None] * gain + random.standard_normal((len(heard), len(ELECTRODES)))
        np.save(folder / f"{subject}.npy", 1e-6 * signal)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """The toy study's report."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("toy") / "clone")
    for name, place in PLACES.items():
        assert not (workspace.folder / place).exists()
        shutil.copy(FILES / name, workspace.folder / place)
    shutil.copy(FILES / "config.yaml", workspace.folder / "mine.yaml")
    write_raw_files(workspace.folder / "data/toy")
    workspace.snakemake(REPORT, "--configfile", "mine.yaml")
    return (workspace.folder / REPORT).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "shown",
    [
        r"<h1>A toy study: ",
        r"loudness",
        r"step_samples",
        r"architecture(<[^>]*>|\s)+linear",
        r"Brain reversed in time",
        r"<h2[^>]*>A toy section</h2>\s*<p>2 listeners heard tones\.</p>",
    ],
)
def test_each_of_five_files_is_in_the_report(page, shown):
    assert re.search(shown, page)
