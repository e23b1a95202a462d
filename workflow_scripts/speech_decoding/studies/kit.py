"""Opening KIT recordings (`.con`), none that is shorter than its header promises.

MNE reads a file that was cut at a frame boundary without a word and fills the rest with zeros
(measured with MNE 1.13), so the size is checked here before anything is read.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plumbing.errors import InputError
from speech_decoding.studies.reading import reading

if TYPE_CHECKING:
    import mne

# A KIT file opens with a directory of entries of four little-endian int32:
# offset and size in bytes, number of items, largest number of items.
_ENTRY = struct.Struct("<4i")
_CHANNELS, _ACQUISITION, _DATA = 4, 8, 9
_CONTINUOUS = 1
_KIND = "a continuous KIT recording"
# MNE raises them on damaged headers besides Python's errors; the first vanish under python -O.
_OWN_ERRORS = (AssertionError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class KitHeader:
    """What the header promises, and the file's size. Sizes in bytes, rate in Hz."""

    rate_hz: float
    sample_count: int
    channel_count: int
    data_offset: int
    frame_size: int
    complete_size: int
    size: int

    @property
    def duration_s(self) -> float:
        return self.sample_count / self.rate_hz


def read_header(path: Path) -> KitHeader:
    """Read the header of a continuous KIT recording.

    Raises: InputError if it is no such recording, or shorter than its header promises.
    """
    with reading(path, _KIND):
        with path.open("rb") as stream:
            entries = _read_directory(stream.read(_ENTRY.size * 32))
            stream.seek(entries[_ACQUISITION][0])
            acquisition = stream.read(32)
        channel_count = entries[_CHANNELS][2]
        # mode, rate, samples allocated, samples stored
        mode, rate_hz, _, sample_count = struct.unpack_from("<idii", acquisition)
        data_offset, item_size, _, _ = entries[_DATA]
        if mode != _CONTINUOUS or not rate_hz > 0:
            raise ValueError("no continuous recording")
    frame_size = item_size * channel_count
    ends = [offset + size * count for offset, size, count, _ in entries]
    header = KitHeader(
        rate_hz=rate_hz,
        sample_count=sample_count,
        channel_count=channel_count,
        data_offset=data_offset,
        frame_size=frame_size,
        complete_size=max(*ends, data_offset + frame_size * sample_count),
        size=path.stat().st_size,
    )
    _require_complete(path, header)
    return header


def open_recording(path: Path) -> "mne.io.BaseRaw":
    """Open a KIT recording with all its channels; data in tesla and volt, not yet in memory.

    Raises: InputError if it is no such recording, or shorter than its header promises.
    """
    from mne.io import read_raw_kit

    read_header(path)
    with reading(path, _KIND, *_OWN_ERRORS):
        return read_raw_kit(path, stim=None, verbose="error")


def _require_complete(path: Path, header: KitHeader) -> None:
    if header.size >= header.complete_size:
        return
    stored = header.size - header.data_offset
    if stored >= header.frame_size * header.sample_count:
        consequence = "the tables after its samples are missing"
    elif stored % header.frame_size:
        consequence = "it was cut off inside a frame, and its end is missing"
    else:
        consequence = "it was cut off between two frames, and its end would be read as zeros"
    raise InputError(
        path,
        expected="a file as long as its own header says",
        found=f"{header.size} of {header.complete_size} bytes ({header.sample_count} samples of "
        f"{header.channel_count} channels)",
        consequence=consequence,
        next_step="fetch or copy the file again",
    )


def _read_directory(blob: bytes) -> list[tuple[int, int, int, int]]:
    _, size, count, _ = _ENTRY.unpack_from(blob)
    if size != _ENTRY.size or not 10 <= count <= 256:
        raise ValueError("no KIT directory at its start")
    entries = [_ENTRY.unpack_from(blob, index * _ENTRY.size) for index in range(min(count, 32))]
    if min(min(entries[used][:3]) for used in (_ACQUISITION, _CHANNELS, _DATA)) < 0:
        raise ValueError("a negative place or size in its directory")
    return entries
