"""BrainVision recordings: a header (`.vhdr`), its samples (`.eeg`) and markers (`.vmrk`).

The header names the other two. A triplet that was renamed without it names the files of another
recording, which may exist: its own name is therefore the only one that is accepted. Markers are not
read.
"""

import math
import re
from pathlib import Path

import numpy as np

from plumbing.errors import InputError

_KIND = "a BrainVision recording"
_TYPES = {"INT_16": "<i2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4"}
_VOLTS = {"V": 1.0, "mV": 1e-3, "uV": 1e-6, "nV": 1e-9}
_MICRO = str.maketrans("µμ", "uu")  # the sign and the Greek letter
_MOST_CHANNELS = 10_000

Header = dict[str, dict[str, str]]


def own_files(header: Path) -> list[Path]:
    """Name the files of samples and of markers that belong to a header."""
    return [header.with_suffix(".eeg"), header.with_suffix(".vmrk")]


def read_brainvision(path: Path) -> tuple[list[str], float, np.ndarray]:
    """Read a recording, given its header.

    Returns: names of the channels, rate in Hz, data [channels, samples] in volts, or in the
    channel's own unit where that is none of voltage.
    Raises: InputError if it is damaged, of another kind, or names files of another name.
    """
    header = _read_header(path)
    _require_own_files(path, header)
    for key, expected in (("DataFormat", "BINARY"), ("DataOrientation", "MULTIPLEXED VECTORIZED")):
        _choose(path, header, "Common Infos", key, expected.split())
    dtype = np.dtype(_TYPES[_choose(path, header, "Binary Infos", "BinaryFormat", list(_TYPES))])
    interval_us = _positive(path, header, "SamplingInterval")
    count = _positive(path, header, "NumberOfChannels")
    if count != int(count) or count > _MOST_CHANNELS:
        raise _unusable(path, f"1 to {_MOST_CHANNELS} channels", f"NumberOfChannels={count:g}")
    names, factors = _read_channels(path, header, int(count))

    signal, _ = own_files(path)
    size, frame = signal.stat().st_size, dtype.itemsize * len(names)
    if size % frame:
        raise InputError(
            signal,
            expected=f"whole frames of {len(names)} channels, {frame} bytes each",
            found=f"{size} bytes, no multiple of {frame}",
            consequence="it was cut off, or the header is another recording's",
            next_step="fetch or copy the file again",
        )
    values = np.fromfile(signal, dtype)
    if header["common infos"]["dataorientation"] == "VECTORIZED":
        values = values.reshape(len(names), -1)
    else:
        values = values.reshape(-1, len(names)).T
    return names, 1e6 / interval_us, np.multiply(values, factors[:, None], dtype=np.float64)


def _read_header(path: Path) -> Header:
    """Read the sections of a header, its names and keys in lower case."""
    first, *lines = _decode(path.read_bytes()).splitlines() or [""]
    if not re.match(r"Brain ?Vision .*Header File", first):
        raise _unusable(path, f"the header of {_KIND}", f"a file that begins with {first[:40]!r}")
    sections: Header = {}
    section: dict[str, str] = {}
    for line in lines:
        line = line.strip()
        if line.lower() == "[comment]":
            break
        if line.startswith("[") and line.endswith("]"):
            section = sections.setdefault(line[1:-1].lower(), {})
        elif line and not line.startswith(";"):
            key, _, value = line.partition("=")
            section.setdefault(key.strip().lower(), value.strip())
    return sections


def _decode(content: bytes) -> str:
    """Decode a header: in UTF-8 by the present rules, in Windows' code page by earlier ones."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _require_own_files(path: Path, header: Header) -> None:
    own = dict(zip(("DataFile", "MarkerFile"), (one.name for one in own_files(path)), strict=True))
    named = {key: _get(path, header, "Common Infos", key) for key in own}
    # $b stands for the name of the header.
    wrong = [key for key in own if named[key].replace("$b", path.stem) != own[key]]
    if wrong:
        keys = " and ".join(wrong)
        raise InputError(
            path,
            expected=f"{keys} with the name of the file beside it",
            found=" and ".join(f"{key}={named[key]} beside {own[key]}" for key in wrong),
            consequence="another recording would be read, or none",
            next_step=f"edit {keys} in it if its three files were renamed, or fetch them again",
        )


def _read_channels(path: Path, header: Header, count: int) -> tuple[list[str], np.ndarray]:
    """Read the names of the channels and what their numbers have to be multiplied by."""
    entries = header.get("channel infos", {})
    names, factors = [], []
    for number in range(1, count + 1):
        if (entry := entries.get(f"ch{number}")) is None:
            raise _unusable(
                path, "an entry in [Channel Infos] for each channel", f"{count} and no Ch{number}"
            )
        name, _, resolution, unit, *_ = [*entry.split(","), "", "", ""]
        try:
            factor = float(resolution.replace(",", ".") or 1)
        except ValueError:
            factor = math.nan
        if not name or not math.isfinite(factor) or factor == 0:
            raise _unusable(
                path, "name, reference, resolution and unit of each channel", f"Ch{number}={entry}"
            )
        names.append(name.replace("\\1", ","))
        factors.append(factor * _VOLTS.get(unit.translate(_MICRO) or "uV", 1.0))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _unusable(path, "channels of different names", f"{twice[0]} twice")
    return names, np.array(factors)


def _positive(path: Path, header: Header, key: str) -> float:
    text = _get(path, header, "Common Infos", key)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise _unusable(path, f"a number above 0 as {key}", f"{key}={text}")
    return value


def _choose(path: Path, header: Header, section: str, key: str, choices: list[str]) -> str:
    value = _get(path, header, section, key)
    if value not in choices:
        raise _unusable(path, f"{' or '.join(choices)} as {key}", f"{key}={value}")
    return value


def _get(path: Path, header: Header, section: str, key: str) -> str:
    value = header.get(section.lower(), {}).get(key.lower())
    if value is None:
        what = key if section.lower() in header else f"section [{section}]"
        raise _unusable(path, f"{key} in its section [{section}]", f"no {what}")
    return value


def _unusable(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="it cannot be read",
        next_step="fetch or copy its three files again",
    )
