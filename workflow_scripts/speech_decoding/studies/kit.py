"""The header of a KIT `.con` file, read to learn how long the file must be.

MNE reads a file that was cut at a frame boundary without a word and fills the rest with zeros
(measured with MNE 1.13), so the size is checked here before anything is read.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from speech_decoding.errors import InputError

# A KIT file opens with a directory of entries of four little-endian int32:
# offset and size in bytes, number of items, largest number of items.
_ENTRY = struct.Struct("<4i")
_SYSTEM, _CHANNELS, _ACQUISITION, _DATA = 1, 4, 8, 9
_CONTINUOUS = 1


@dataclass(frozen=True)
class KitHeader:
    """What the header promises. Sizes in bytes, rate in Hz, length in samples."""

    rate_hz: float
    sample_count: int
    channel_count: int
    complete_size: int

    def require_complete(self, path: Path) -> None:
        """Raise InputError unless `path` has the size that its header promises."""
        size = path.stat().st_size
        if size < self.complete_size:
            raise InputError(
                path,
                expected=f"{self.complete_size} bytes ({self.sample_count} samples of "
                f"{self.channel_count} channels, by its own header)",
                found=f"{size} bytes",
                consequence="the end of the recording is missing and would be read as zeros",
                next_step="fetch or copy the file again",
            )


def read_header(path: Path) -> KitHeader:
    """Read the header of a continuous KIT recording; raises InputError if it is none."""
    try:
        with path.open("rb") as stream:
            entries = _read_directory(stream.read(_ENTRY.size * 32))
            stream.seek(entries[_SYSTEM][0])
            system = stream.read(544)
            stream.seek(entries[_ACQUISITION][0])
            acquisition = stream.read(32)
        channel_count = entries[_CHANNELS][2]
        # mode, rate, samples allocated, samples stored
        mode, rate_hz, _, sample_count = struct.unpack_from("<idii", acquisition)
        if mode != _CONTINUOUS or not rate_hz > 0 or not system:
            raise ValueError("not a continuous recording")
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise InputError(
            path,
            expected="a continuous KIT recording",
            found=f"{error}" or type(error).__name__,
            consequence="it cannot be read",
            next_step="fetch or copy the file again",
        ) from error
    data_offset, item_size, item_count, _ = entries[_DATA]
    return KitHeader(rate_hz, sample_count, channel_count, data_offset + item_size * item_count)


def _read_directory(blob: bytes) -> list[tuple[int, int, int, int]]:
    first = _ENTRY.unpack_from(blob)
    count = first[2]
    if first[1] != _ENTRY.size or not 10 <= count <= 256:
        raise ValueError("no KIT directory at its start")
    return [_ENTRY.unpack_from(blob, index * _ENTRY.size) for index in range(min(count, 32))]
