"""What a GPU gets right, and how fast: one table, and gpu.json, in at most eight minutes.

Needs PyTorch, the usual scientific packages and safetensors, but neither MNE nor Snakemake nor a
network. Each part runs in a process of its own: one that fails is told, and the next goes on.

    python -m tests.gpu.check [--quick] [--small] [--only PART ...] [--output gpu.json]

--quick ends before evaluation, prototypes and compiled steps, in at most three minutes. --small
proves the check itself, on processors too, and its times mean nothing.
"""

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.gpu.figures import Figure
from tests.gpu.parts import PARTS, QUICK_PARTS

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "workflow_scripts"))  # for the titles of the parts
_LIMIT_S, _QUICK_LIMIT_S = 480, 180
_PACKAGE = "tests.gpu.parts"
_TOLD = 6000  # characters of the log of a part that failed


@dataclass(frozen=True)
class Outcome:
    """What a part found, and why it ended early; `error` is empty if it did not."""

    part: str
    title: str
    seconds: float
    figures: list[Figure]
    error: str

    @property
    def passed(self) -> bool:
        return not self.error and all(figure.passed is not False for figure in self.figures)


def run_part(name: str, size: str, *, end_s: float) -> Outcome:
    """Run a part in a process of its own, up to its limit or that of the whole check.

    Parameters: name, of its module; size, of `scale`; end_s, when the check has to end, on the
    monotonic clock.
    """
    part = name.split(".")[-1]
    try:
        module = importlib.import_module(name)
    except Exception as error:  # such as a package that is missing
        return Outcome(part, name, 0.0, [], f"it cannot be imported: {error}")
    title = module.__doc__.split("\n")[0]
    limit_s = min(module.LIMIT_S, end_s - time.monotonic())
    if limit_s <= 0:
        return Outcome(part, title, 0.0, [], "no time was left for it")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures, log = Path(folder) / "figures", Path(folder) / "log"
        figures.touch()
        command = [sys.executable, "-m", "tests.gpu.check", "--part", name, "--size", size]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "--figures", str(figures)],
                cwd=ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that what it started ends with it
            )
            try:
                status = process.wait(limit_s)
                error = f"it ended with {status}\n{log.read_text()[-_TOLD:]}" if status else ""
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                error = f"it was ended after {limit_s:.0f} s"
        lines = figures.read_text().splitlines()
    found = [Figure(**json.loads(line)) for line in lines]
    return Outcome(part, title, time.monotonic() - began_s, found, error)


def environment() -> dict[str, str]:
    """cuBLAS asks for its workspace once, before anything of ours has run."""
    paths = [str(ROOT / "workflow_scripts"), str(ROOT)]
    return os.environ | {
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }


def measure_part(name: str, size: str, path: Path) -> None:
    """Measure a part in this process; each figure is written as it is found."""
    from tests.gpu import scale

    module = importlib.import_module(name)
    with path.open("a") as file:
        for figure in module.measure(getattr(scale, size.upper())):
            file.write(json.dumps(figure.as_json()) + "\n")
            file.flush()


def describe_machine() -> dict[str, Any]:
    """Name the card and the versions."""
    import torch

    there = torch.cuda.is_available()
    return {
        "date": date.today().isoformat(),
        "card": torch.cuda.get_device_name() if there else None,
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "cudnn": torch.backends.cudnn.version() if there else None,
    }


def tell(outcome: Outcome) -> Iterator[str]:
    """Give the lines of the table that a part makes."""
    yield f"\n{outcome.title}   [{outcome.part}, {outcome.seconds:.0f} s]"
    for figure in outcome.figures:
        yield f"  {figure.told()}"
    if outcome.error:
        yield f"  FAILED  {outcome.error}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the first parts, in three minutes")
    parser.add_argument("--small", action="store_true", help="prove the check, on processors too")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts")
    parser.add_argument("--output", type=Path, default=Path("gpu.json"))
    for hidden in ("--part", "--size", "--figures"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        measure_part(arguments.part, arguments.size, Path(arguments.figures))
        return

    began_s = time.monotonic()
    machine = describe_machine()
    if machine["card"] is None and not arguments.small:
        print(
            "Error: there is no GPU that PyTorch can use, and nothing was checked; see what "
            "nvidia-smi says, or prove the check itself with --small.",
            file=sys.stderr,
        )
        sys.exit(2)
    size = "small" if arguments.small else "quick" if arguments.quick else "full"
    parts = arguments.only or (QUICK_PARTS if arguments.quick else PARTS)
    limit_s = _QUICK_LIMIT_S if arguments.quick else _LIMIT_S
    card = machine["card"] or "processors, at small size: no figure of a GPU"
    print(f"GPU check on {card}, PyTorch {machine['torch']}, {machine['date']}", flush=True)
    outcomes = []
    for part in parts:
        outcomes.append(run_part(f"{_PACKAGE}.{part}", size, end_s=began_s + limit_s))
        print("\n".join(tell(outcomes[-1])), flush=True)
        seconds = time.monotonic() - began_s
        passed = all(outcome.passed for outcome in outcomes)
        report = machine | {
            "size": size,
            "seconds": round(seconds, 1),
            "passed": passed,
            "parts": [vars(o) | {"figures": [f.as_json() for f in o.figures]} for o in outcomes],
        }
        # After each part: whoever ends the check keeps what it has found.
        arguments.output.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{'All as asked' if passed else 'NOT all as asked'}, {seconds:.0f} s.")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
