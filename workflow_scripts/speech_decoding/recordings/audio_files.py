"""Reading audio files whole: what the raw checks accept is what is merged and embedded later.

libsndfile reads what is left of a file that was cut off without a word, so the samples are compared
with what the header promises: by the chunk that holds them, because the size of the whole file is
often wrong where nothing is missing.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plumbing.errors import InputError
from speech_decoding.studies.reading import reading

if TYPE_CHECKING:
    import soundfile

# Rates of speech recordings; outside them a header is damaged.
_LOWEST_HZ, _HIGHEST_HZ = 4_000, 192_000
# Speech models hear 16 kHz. A filter that brings another rate there has at most so many weights,
# each of which takes 32 bytes: 70 thousand from 44.1 kHz, 84 million from 21 026 Hz.
_MODEL_HZ, _MOST_WEIGHTS = 16_000, 12_000_000
_LARGEST = 1e10  # more than whole numbers of 32 bits: what adds samples up stays finite
_BLOCK_VALUES = 2**20  # read at a time: a header that promises too much takes no memory
# What writes to a pipe cannot know the length: it promises about 2 or 4 GB, or no end.
_ENDLESS = 0x7FFF_F000
_MOST_CHUNKS = 1000


@dataclass(frozen=True)
class Audio:
    """What a file holds.

    Attributes: samples, float32 [samples, channels]; length_known, whether its header tells their
    number.
    """

    samples: np.ndarray
    rate_hz: int
    length_known: bool

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz


def read_audio(path: Path) -> Audio:
    """Read an audio file of any format that libsndfile knows.

    Raises: InputError if it is of another kind, shorter than its header promises, empty, at a rate
    that nobody uses, or holds a sample that is not finite or larger than any recording's.
    """
    import soundfile

    if path.exists():  # libsndfile does not tell why a file that is there cannot be opened
        path.open("rb").close()
    with (
        reading(path, "an audio file", soundfile.SoundFileError),
        soundfile.SoundFile(path) as file,
    ):
        rate_hz, promised = file.samplerate, file.frames
        if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
            limits = f"between {_LOWEST_HZ} and {_HIGHEST_HZ} samples per second"
            raise bad_audio(path, limits, f"{rate_hz}")
        _require_resampling(path, rate_hz)
        samples = _read_blocks(file)
    if len(samples) != promised:
        found = f"{len(samples)} of {promised} samples"
        raise bad_audio(path, "as many samples as its header promises", found)
    sizes = _data_sizes(path)
    endless = sizes is not None and sizes[0] >= max(_ENDLESS, sizes[1])
    if sizes and sizes[0] > sizes[1] and not endless:
        found = f"{sizes[1]} of {sizes[0]} bytes of samples"
        raise bad_audio(path, "as many samples as its header promises", found)
    if len(samples) == 0:
        raise bad_audio(path, "samples", "none")
    if not np.isfinite(samples).all():
        raise bad_audio(path, "finite samples", "a NaN or infinite sample")
    if (largest := float(np.abs(samples).max())) > _LARGEST:
        raise bad_audio(path, f"samples up to {_LARGEST:g}", f"{largest:g}")
    return Audio(samples, rate_hz, length_known=not endless)


def bad_audio(path: Path, expected: str, found: str) -> InputError:
    """Give the error of an audio file that cannot be used."""
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="its speech cannot be embedded",
        next_step="fetch or copy the file again",
    )


def _require_resampling(path: Path, rate_hz: int) -> None:
    common = math.gcd(rate_hz, _MODEL_HZ)
    if (rate_hz // common) * (_MODEL_HZ // common) > _MOST_WEIGHTS:
        raise InputError(
            path,
            expected="a usual rate, such as 16000, 22050, 44100 or 48000 samples per second",
            found=f"{rate_hz}",
            consequence=f"bringing it to {_MODEL_HZ} would take gigabytes of memory",
            next_step="fetch the file again, or write it anew at a usual rate",
        )


def _read_blocks(file: "soundfile.SoundFile") -> np.ndarray:
    count = max(_BLOCK_VALUES // file.channels, 1)
    blocks = [np.empty((0, file.channels), np.float32)]
    while len(block := file.read(count, dtype="float32", always_2d=True)):
        blocks.append(block)
    return np.concatenate(blocks)


def _data_sizes(path: Path) -> tuple[int, int] | None:
    """Give how many bytes of samples a WAV file promises and how many follow; None for others."""
    total = path.stat().st_size
    with path.open("rb") as stream:
        kind = stream.read(12)[:4]
        if kind not in (b"RIFF", b"RIFX", b"RF64"):
            return None
        entry = struct.Struct(">4sI" if kind == b"RIFX" else "<4sI")
        long_size = None
        for _ in range(_MOST_CHUNKS):
            header = stream.read(entry.size)
            if len(header) < entry.size:
                return None
            name, size = entry.unpack(header)
            begin = stream.tell()
            if name == b"data":
                return size if long_size is None else long_size, total - begin
            if name == b"ds64" and kind == b"RF64":
                _, long_size = struct.unpack("<QQ", stream.read(16).ljust(16, b"\0"))
            stream.seek(begin + size + size % 2)  # chunks begin at even places
    return None
