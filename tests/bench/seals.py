"""What is read to be hashed: the paper's two tables with three seeds, at the size of MEG-MASC.

PYTHONPATH=workflow_scripts python -m tests.bench.seals

Every job of the tables checks the seals of its inputs, as it does when it reads them. The files are
a thousandth of their size, and the bytes are told at full size: with seals that remember what was
verified, and with every job reading all of its inputs.
"""

import fnmatch
import os
import tempfile
import time
from pathlib import Path

from plumbing import seals
from plumbing.job import Job
from tests.workflow.workspace import Workspace

TABLES = [f"results/gwilliams/{name}.html" for name in ("paper_table", "ablations")]
SCALE = 1000
# Bytes: 17 minutes of 208 sensors at 120 Hz; 15 minutes of 1024 features at 50 Hz; 9.6 million
# weights; a table of all segments.
SIZES = {
    "*/signal.npy": 17 * 60 * 120 * 208 * 4,
    "*/embeddings/*.npy": 15 * 60 * 50 * 1024 * 4,
    "*/decoder.safetensors": 9_600_000 * 4,
    "*/segments.parquet": 20_000_000,
    "*/retrieval.parquet": 5_000_000,
}
GB = 1e9


class Counted:
    """The bytes of files that are hashed, at full size."""

    def __init__(self):
        self.bytes, self._hash = 0, seals.hash_file

    def __call__(self, path: Path) -> str:
        self.bytes += path.stat().st_size * SCALE
        return self._hash(path)


def size_of(name: str) -> int:
    return next((size for like, size in SIZES.items() if fnmatch.fnmatch(name, like)), 100_000)


def write(root: Path, name: str) -> None:
    """Write a file and its seal, a minute ago."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size_of(name) // SCALE))
    Job().seal(path, name, path)
    then_s = time.time() - 60
    os.utime(path, (then_s, then_s))


def main() -> None:
    counted = seals.hash_file = Counted()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.of_the_repository(Path(folder) / "clone")
        workspace.lay_raw_files("gwilliams")
        (workspace.folder / "weights").mkdir()
        (workspace.folder / "weights/xlsr_53_56k.pt").touch()
        workspace.pretend(*TABLES)
        read = [
            [name.removeprefix("results/") for name in job.inputs if name.startswith("results/")]
            for job in workspace.jobs(*TABLES)
        ]
        root = Path(folder) / "results"
        for name in sorted({name for names in read for name in names}):
            write(root, name)
        written, counted.bytes = counted.bytes, 0
        began = time.perf_counter()
        for names in read:
            job = Job()
            for name in names:
                job.check(root / name, name)
        checked_s = time.perf_counter() - began
    every = sum(size_of(name) for names in read for name in names)
    checks = sum(map(len, read))
    print(f"{len(read)} jobs check {checks} files in {checked_s:.1f} s")
    print(f"hashed when they are written: {written / GB:.0f} GB")
    print(f"hashed when they are read, seals that remember: {counted.bytes / GB:.0f} GB")
    print(f"hashed when they are read, every job anew: {every / GB:.0f} GB", end=", ")
    print(f"{every / counted.bytes:.0f} times as much")


if __name__ == "__main__":
    main()
