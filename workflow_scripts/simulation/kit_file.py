"""Writes KIT recordings (.con) and marker files (.mrk), as `mne.io.read_raw_kit` reads them.

A file opens with a directory of 32 entries of four int32 (offset and size in bytes, number of
items, largest number of items); everything is little-endian. Positions are stored with axes x
front, y left, z up. Layout found in MNE's reader and in real files.
"""

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from plumbing.files import replacing
from simulation import sensors

_DIRECTORY_ENTRIES = 32
_SYSTEM, _CHANNELS, _CALIBRATION, _AMPLIFIER, _ACQUISITION, _DATA, _MARKERS = 1, 4, 5, 7, 8, 9, 12

_SYSTEM_ID = 442  # New York University Abu Dhabi, since 2014
_CREATED = 1_483_228_800  # an arbitrary moment, the same in every file
_FLL_TYPE = 120  # makes the amplifier word below mean 0.03 to 200 Hz, gain 2 x 10 x 1
_AMPLIFIER_WORD = 0x30041100
_AMPLIFIER_GAIN = 20.0
_ADC_RANGE_V, _ADC_BITS = 10.0, 16
_VOLT_PER_STEP = _ADC_RANGE_V / 2**_ADC_BITS
_AXIAL_GRADIOMETER, _REFERENCE_MAGNETOMETER, _MISCELLANEOUS = 2, 0x101, -4
_BASELINE_M, _COIL_RADIUS_M = 0.05, 0.00775
_CHANNEL_SIZE = 80
_CONTINUOUS = 1
_IDENTITY = np.eye(4)


def units_per_step() -> np.ndarray:
    """Give what one step of the stored integers means: tesla or volt, (256,)."""
    tesla_per_step = _VOLT_PER_STEP / _AMPLIFIER_GAIN * _tesla_per_volt()
    volt_per_step = np.full(sensors.MISCELLANEOUS, _VOLT_PER_STEP)
    return np.concatenate([tesla_per_step, volt_per_step])


def write_recording(
    path: Path, blocks: Iterable[np.ndarray], *, sample_count: int, rate_hz: float
) -> None:
    """Write a continuous recording of 208 gradiometers, 16 references and 32 other channels.

    Parameters: blocks, arrays (256, n) in tesla and volt that follow each other in time and hold
    sample_count samples together; values beyond the range of 16 bits are clipped.
    Raises: ValueError if the blocks hold another number of samples.
    """
    acquisition = struct.pack("<idii", _CONTINUOUS, rate_hz, sample_count, sample_count)
    data_count = sample_count * sensors.CHANNELS
    header = _header(
        {
            _SYSTEM: (_system(), 1),
            _CHANNELS: (_channel_table(), sensors.CHANNELS),
            _CALIBRATION: (_calibration(), sensors.CHANNELS),
            _AMPLIFIER: (struct.pack("<i", _AMPLIFIER_WORD), 1),
            _ACQUISITION: (acquisition, 1),
        },
        data_count,
    )
    steps_per_unit = (1 / units_per_step())[:, np.newaxis].astype(np.float32)
    written = 0
    with replacing(path) as temporary, temporary.open("wb") as stream:
        stream.write(header)
        for block in blocks:
            steps = np.rint(block * steps_per_unit).clip(-(2**15), 2**15 - 1)
            stream.write(np.ascontiguousarray(steps.T, dtype="<i2").data)
            written += block.shape[1]
        if written != sample_count:
            raise ValueError(f"{written} samples came for a recording of {sample_count}")


def write_markers(path: Path, points: np.ndarray) -> None:
    """Write where the helmet measured the marker coils: (5, 3) in metres, device coordinates."""
    markers = struct.pack("<i16d16di", 1, *_IDENTITY.ravel(), *_IDENTITY.ravel(), len(points))
    for point in _to_file_axes(points):
        markers += struct.pack("<4i6d", 0, 0, 0, 1, 0.0, 0.0, 0.0, *point)
    with replacing(path) as temporary:
        temporary.write_bytes(_header({_SYSTEM: (_system(), 1), _MARKERS: (markers, 1)}, 0))


def _header(parts: dict[int, tuple[bytes, int]], data_count: int) -> bytes:
    """Lay out the directory and the parts, given as index: (bytes, number of items).

    The samples, data_count of two bytes, are to follow.
    """
    entries = [(0, 0, 0, 0)] * _DIRECTORY_ENTRIES
    entries[0] = (0, 16, _DIRECTORY_ENTRIES, _DIRECTORY_ENTRIES)
    offset, body = 16 * _DIRECTORY_ENTRIES, b""
    for index, (part, count) in parts.items():
        entries[index] = (offset + len(body), len(part) // count, count, count)
        body += part
    entries[_DATA] = (offset + len(body), 2, data_count, data_count)
    return b"".join(struct.pack("<I3i", *entry) for entry in entries) + body


def _system() -> bytes:
    numbers = [0] * 51
    numbers[0] = numbers[1] = _CREATED
    numbers[9] = _FLL_TYPE
    return (
        struct.pack("<3i", 2, 4, _SYSTEM_ID)  # format version 2, revision 4
        + b"Simulated KIT 208-channel system".ljust(128, b"\0")
        + b"SIMULATED".ljust(128, b"\0")
        + struct.pack("<i256s", sensors.CHANNELS, b"simulated recording")
        + struct.pack("<47i", *numbers[:47])
        + struct.pack("<d3i", _ADC_RANGE_V, 1, _ADC_BITS, _ADC_BITS)
    )


def _channel_table() -> bytes:
    rows = []
    for kind, (positions, directions) in (
        (_AXIAL_GRADIOMETER, sensors.gradiometers()),
        (_REFERENCE_MAGNETOMETER, sensors.references()),
    ):
        for (x, y, z), (dx, dy, dz) in zip(
            _to_file_axes(positions), _to_file_axes(directions), strict=True
        ):
            theta, phi = np.degrees(np.arccos(dz)), np.degrees(np.arctan2(dy, dx))
            coil = (x, y, z, theta, phi, _BASELINE_M, _COIL_RADIUS_M)
            rows.append(struct.pack("<i7d", kind, *coil))
    for number in range(1, sensors.MISCELLANEOUS + 1):
        rows.append(struct.pack("<2i", _MISCELLANEOUS, number))
    return b"".join(row.ljust(_CHANNEL_SIZE, b"\0") for row in rows)


def _calibration() -> bytes:
    offset_and_gain = np.zeros((sensors.CHANNELS, 2))
    offset_and_gain[:, 1] = np.append(_tesla_per_volt(), np.ones(sensors.MISCELLANEOUS))
    return offset_and_gain.astype("<f8").tobytes()


def _tesla_per_volt() -> np.ndarray:
    """Give each magnetic channel its own gain, spread by some percent as in real files."""
    channel = np.arange(sensors.GRADIOMETERS + sensors.REFERENCES)
    return 5e-10 * (1 + 0.05 * np.sin(channel))


def _to_file_axes(vectors: np.ndarray) -> np.ndarray:
    """Turn (right, front, up) into the file's (front, left, up)."""
    right, front, up = vectors.T
    return np.column_stack([front, -right, up])
