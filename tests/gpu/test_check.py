"""The check of a GPU, proved at small size on whatever computes here."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from tests.gpu import check
from tests.gpu.check import ROOT, Outcome, run_part, tell
from tests.gpu.faulty import hangs
from tests.gpu.figures import Figure, at_least, at_most
from tests.gpu.parts import PARTS, QUICK_PARTS, prototypes


def run_check(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tests.gpu.check", *arguments],
        cwd=ROOT,
        env=check.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[subprocess.CompletedProcess, dict]:
    """The whole check at small size: what it said, and its report."""
    output = tmp_path_factory.mktemp("gpu") / "gpu.json"
    done = run_check("--small", "--output", str(output))
    return done, json.loads(output.read_text())


def test_the_check_passes_at_small_size(small):
    done, report = small
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert report["passed"] and report["size"] == "small"
    assert [part["part"] for part in report["parts"]] == list(PARTS)
    for part in report["parts"]:
        assert part["error"] == "" and part["figures"], part["part"]
        numbers = [f["value"] for f in part["figures"] if not isinstance(f["value"], str)]
        assert all(math.isfinite(number) for number in numbers)


def test_the_table_has_every_figure_and_says_what_computed(small):
    done, report = small
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no figure of a GPU"
    assert card in done.stdout.splitlines()[0]
    for part in report["parts"]:
        assert part["title"] in done.stdout
        assert all(Figure(**figure).told() in done.stdout for figure in part["figures"])


def test_a_part_that_fails_is_told_with_what_it_had_found():
    outcome = run_part("tests.gpu.faulty.raises", "small", end_s=math.inf)
    assert not outcome.passed
    assert [figure.name for figure in outcome.figures] == ["found before"]
    assert "illegal memory access" in outcome.error
    assert "FAILED" in "\n".join(tell(outcome))


def test_a_part_that_hangs_is_ended_with_what_it_started():
    outcome = run_part("tests.gpu.faulty.hangs", "small", end_s=math.inf)
    assert outcome.error == f"it was ended after {hangs.LIMIT_S} s"
    (started,) = outcome.figures
    process = psutil.Process(int(started.value)) if psutil.pid_exists(int(started.value)) else None
    assert process is None or process.status() == psutil.STATUS_ZOMBIE


def test_the_next_part_goes_on_when_the_time_is_up():
    outcome = run_part("tests.gpu.parts.ceilings", "small", end_s=time.monotonic() - 1)
    assert outcome.error == "no time was left for it" and not outcome.passed


@pytest.mark.parametrize("value", [2.5, math.nan])
def test_figures_that_are_not_as_asked_fail(value):
    for figure in (at_most("size", value, 2), at_least("rate", -value, -2)):
        assert not Outcome("part", "Title", 1.0, [figure], "").passed
        assert figure.told().startswith("FAILED")
    assert Outcome("part", "Title", 1.0, [Figure("told", value)], "").passed


def test_prototypes_compute_what_the_decoder_does():
    assert max(prototypes.prove(torch.device("cpu"), torch.float64).values()) < 1e-12


def test_the_quick_check_is_a_beginning_of_the_whole():
    assert PARTS[: len(QUICK_PARTS)] == QUICK_PARTS


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_checked(tmp_path):
    done = run_check("--output", str(tmp_path / "gpu.json"))
    assert done.returncode == 2
    assert done.stderr.startswith("Error: there is no GPU that PyTorch can use")
    assert not (tmp_path / "gpu.json").exists()


def test_neither_mne_nor_snakemake_is_needed():
    # A machine with a GPU may have nothing but PyTorch and the usual scientific packages.
    missing = ["mne", "snakemake", "jsonschema", "yaml", "soundfile", "jinja2", "pooch", "requests"]
    parts = ", ".join(f"tests.gpu.parts.{part}" for part in PARTS)
    folders = [f"tests/{name}" for name in ("decoder", "evaluation", "gpu")]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({missing}))\n"
        f"import pytest, tests.gpu.check, {parts}\n"
        f"sys.exit(pytest.main(['--collect-only', '-q', *{folders}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=check.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-1000:]


def test_every_part_is_listed():
    modules = Path(check.__file__).parent.glob("parts/[!_]*.py")
    assert sorted(path.stem for path in modules) == sorted(PARTS)
