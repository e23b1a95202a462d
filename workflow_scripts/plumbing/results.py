"""The files below results/{study}/: their names, and reading and writing them.

Names hold wildcards as Snakemake's do, so that rules, scripts and tests use the same ones. A file
is written under another name and renamed when it is complete, and sealed (see `job`); whoever reads
one checks its seal first. Its suffix says what it holds:

    .json      plain values            .npy   an array, memory-mapped when it is read
    .parquet   a table                 .csv   a table
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plumbing import files
from plumbing.job import Job

_STUDY = "results/{study}/"


def _of_study(name: str) -> str:
    return _STUDY + name


def _of_run(name: str) -> str:
    return _of_study("experiments/{experiment}/seed-{seed}/" + name)


# Raw checks
CHECK = _of_study("checks/{recording}.json")
CHECKS = _of_study("checks.parquet")
FINDINGS = _of_study("findings.parquet")
# Recordings
SIGNAL = _of_study("recordings/{recording}/signal.npy")  # [samples, sensors]
SENSORS = _of_study("recordings/{recording}/sensors.parquet")
EVENTS = _of_study("recordings/{recording}/events.parquet")
QUALITY = _of_study("recordings/{recording}/quality.json")
QUALITY_PICTURE = _of_study("recordings/{recording}/quality.png")
# Speech
AUDIO = _of_study("audio/{story}.npy")  # [samples]
WAVS = _of_study("audio/{story}.parquet")  # where each audio file begins in it
ALIGNMENT = _of_study("alignment.parquet")
FRAMES = _of_study("embeddings/{embedding}/{story}.npy")  # [frames, features]
FRAME_TIMES = _of_study("embeddings/{embedding}/{story}.parquet")
EMBEDDING = _of_study("embeddings/{embedding}/{story}.json")  # what it was computed with
UNFINISHED = _of_study("embeddings/{embedding}/{story}.unfinished")  # a folder, meanwhile
LAYERS = _of_study("embeddings/{embedding}/layers.npz")
FAIRSEQ = _of_study("embeddings/{embedding}/fairseq.json")
# Segments
BLOCKS = _of_study("splits/blocks.parquet")
CHUNKS = _of_study("splits/chunks.parquet")
WORDS = _of_study("splits/words.parquet")
WAV_ONSETS = _of_study("splits/wav_onsets.parquet")
SPLIT_LIST = _of_study("splits/splits.csv")
SEGMENTS = _of_study("segments/segments.parquet")
SCALERS = _of_study("segments/scalers.parquet")
PROOF = _of_study("segments/proof.json")
# Decoders
RUN = _of_run("").rstrip("/")  # the folder of one, in which a training keeps its checkpoint
WEIGHTS = _of_run("decoder.safetensors")
DESCRIPTION = _of_run("decoder.json")
HISTORY = _of_run("history.csv")
METRICS = _of_run("metrics.json")
RETRIEVAL = _of_run("retrieval.parquet")
ATTENTION = _of_run("attention.parquet")
CONTROLS = _of_run("controls.json")
VERDICTS = _of_study("verdicts.json")
# Pages and their numbers, drawn as drafts and published when they are complete
DRAFT_PAGE = _of_study("drafts/{page}.html")
DRAFT_NUMBERS = _of_study("drafts/{page}.json")
PAGE = _of_study("{page}.html")
NUMBERS = _of_study("{page}.json")
# Of every job
BENCHMARKS = _of_study("benchmarks")


def log_of(job: str) -> str:
    """Name the log of a job: its rule, and behind it the wildcards that tell its jobs apart."""
    return _of_study(f"logs/{job}.log")


def benchmark_of(job: str) -> str:
    """Name the file in which Snakemake notes what a job cost."""
    return f"{BENCHMARKS}/{job}.tsv"


def fill(name: str, **wildcards: str) -> str:
    """Give a name with some of its wildcards replaced."""
    for wildcard, value in wildcards.items():
        name = name.replace(f"{{{wildcard}}}", value)
    return name


class Results:
    """The results of one study, as one job reads and writes them.

    Args:
        folder: results/{study}, wherever it lies.
        job: with which files are sealed and checked.
        wildcards: values of wildcards that need not be given with every name.
    """

    def __init__(self, folder: Path, job: Job | None = None, **wildcards: object):
        self.folder = Path(folder)
        self.job = job or Job()
        self.wildcards = wildcards

    def of(self, **wildcards: object) -> "Results":
        """Give the same results with the values of further wildcards."""
        return Results(self.folder, self.job, **{**self.wildcards, **wildcards})

    def path(self, name: str, **wildcards: object) -> Path:
        """Give the path of a file."""
        return self.folder / self._within(name, wildcards)

    def read(self, name: str, **wildcards: object) -> Any:
        """Read a file by its suffix (see `files.read`), after its seal was checked.

        Raises: InputError if the file is missing, damaged, or not of the present run.
        """
        return files.read(self._checked(name, wildcards))

    def write(self, name: str, value: Any, **wildcards: object) -> None:
        """Write a file by its suffix (see `files.write`), and its seal."""
        files.write(self.path(name, **wildcards), value, self._seal(name, wildcards))

    @contextmanager
    def reading(self, name: str, **wildcards: object) -> Iterator[Path]:
        """Give the path of a file whose seal was checked, for another reader.

        Raises: InputError, also where the block cannot read the file.
        """
        with files.reading(self._checked(name, wildcards)) as path:
            yield path

    @contextmanager
    def replacing(self, name: str, **wildcards: object) -> Iterator[Path]:
        """Give a temporary path, for another writer; sealed and renamed if the block succeeds.

        Raises: InputError if the disk is full or may not be written to.
        """
        path, seal = self.path(name, **wildcards), self._seal(name, wildcards)
        with files.replacing(path, seal) as content:
            yield content

    def hash_of(self, name: str, **wildcards: object) -> str:
        """Give the SHA-256 of a file: as it was when it was read, or as its seal is checked now."""
        return self.job.hash_of(self.path(name, **wildcards), self._place(name, wildcards))

    def stored(self, name: str) -> list[tuple[str, dict[str, str]]]:
        """List the files of a name that are there, below the folder, with their wildcards."""
        name = name.removeprefix(_STUDY)
        place = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(name))
        there = self.folder.glob(re.sub(r"\{\w+\}", "*", name))
        paths = sorted(path.relative_to(self.folder).as_posix() for path in there)
        return [(path, re.fullmatch(place, path).groupdict()) for path in paths]

    def _seal(self, name: str, wildcards: dict[str, object]) -> Callable[[Path], None]:
        """Give what seals a file before it is renamed: one without its seal is made again."""
        path, place = self.path(name, **wildcards), self._place(name, wildcards)
        return lambda content: self.job.seal(path, place, content)

    def _checked(self, name: str, wildcards: dict[str, object]) -> Path:
        path = self.path(name, **wildcards)
        self.job.check(path, self._place(name, wildcards))
        return path

    def _within(self, name: str, wildcards: dict[str, object]) -> str:
        return name.removeprefix(_STUDY).format(**{**self.wildcards, **wildcards})

    def _place(self, name: str, wildcards: dict[str, object]) -> str:
        return f"{self.folder.name}/{self._within(name, wildcards)}"
