"""Recordings as FieldTrip stores them: the struct `raw` of a MATLAB file, of one trial.

The struct says many things twice. `label` belongs to the rows of `trial`; `hdr` describes the file
that the authors had read, whose channels may have had another order.
"""

from pathlib import Path
from typing import Any

import numpy as np

from plumbing.errors import InputError
from speech_decoding.studies import matlab

_STRUCT = "raw"
_OPTIONAL = (
    *("label", "fsample", "sampleinfo", "time"),
    *("hdr.nTrials", "hdr.chanunit"),
)
_UNIT, _VOLT_PER_MICROVOLT = "uv", 1e-6
_RATE_DIGITS = 3


def read_fieldtrip(path: Path) -> tuple[list[str], float, np.ndarray]:
    """Read a recording in microvolts.

    Returns: names of the channels, rate in Hz, data [channels, samples] in volts.
    Raises: InputError if the file is damaged, or its fields contradict each other.
    """
    fields = ("hdr.Fs", "hdr.nSamples", "hdr.label", "trial")
    content = matlab.read_struct(path, _STRUCT, fields, _OPTIONAL)
    header_labels = matlab.names(content["hdr.label"])
    labels = header_labels if content["label"] is None else matlab.names(content["label"])
    data = np.asarray(content["trial"])
    if data.dtype.kind not in "fiu" or data.ndim != 2 or len(data) != len(labels):
        raise matlab.unusable(
            path,
            f"one trial of {len(labels)} channels x samples, as many as it has labels",
            f"{' x '.join(map(str, data.shape)) or 'one'} ({data.dtype})",
        )
    if len(set(labels)) < len(labels):
        twice = sorted({name for name in labels if labels.count(name) > 1})
        raise matlab.unusable(path, "channels of different names", f"{twice[0]} twice")
    _require_same_names(path, labels, header_labels)
    _require_units(path, content["hdr.chanunit"])
    rate_hz = _agreed(path, "the rate", _rates_hz(path, content))
    counts = _sample_counts(path, content) | {f"{_STRUCT}.trial": float(data.shape[1])}
    _agreed(path, "the number of samples", counts)
    return labels, rate_hz, np.multiply(data, _VOLT_PER_MICROVOLT, dtype=np.float64)


def _require_same_names(path: Path, labels: list[str], header_labels: list[str]) -> None:
    if strangers := sorted(set(labels) ^ set(header_labels)):
        where = "label" if strangers[0] in labels else "hdr.label"
        raise _contradiction(path, "the names of the channels", f"{strangers[0]} only in {where}")


def _require_units(path: Path, units: Any) -> None:
    found = sorted(set(matlab.names(units))) if units is not None else []
    if strange := [unit for unit in found if unit.lower() != _UNIT]:
        raise matlab.unusable(path, "channels in uV, by hdr.chanunit", f"some in {strange[0]!r}")


def _rates_hz(path: Path, content: dict[str, Any]) -> dict[str, float]:
    """Give the rate in Hz by each field that tells it, to the accuracy of sums of intervals."""
    found = {f"{_STRUCT}.hdr.Fs": _positive(path, content, "hdr.Fs")}
    if content["fsample"] is not None:
        found[f"{_STRUCT}.fsample"] = _positive(path, content, "fsample")
    times_s = _times_s(content)
    if times_s is not None and len(times_s) > 1 and times_s[-1] > times_s[0]:
        rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
        found[f"{_STRUCT}.time"] = float(rate_hz)
    return {field: round(rate_hz, _RATE_DIGITS) for field, rate_hz in found.items()}


def _sample_counts(path: Path, content: dict[str, Any]) -> dict[str, float]:
    """Give the number of samples by each field that tells it."""
    found = {f"{_STRUCT}.hdr.nSamples": _positive(path, content, "hdr.nSamples")}
    if content["hdr.nTrials"] is not None:
        found[f"{_STRUCT}.hdr.nSamples"] *= _positive(path, content, "hdr.nTrials")
    span = np.ravel(content["sampleinfo"])
    if span.dtype.kind in "fiu" and len(span) == 2:
        found[f"{_STRUCT}.sampleinfo"] = float(span[1]) - float(span[0]) + 1
    if (times_s := _times_s(content)) is not None:
        found[f"{_STRUCT}.time"] = float(len(times_s))
    return found


def _times_s(content: dict[str, Any]) -> np.ndarray | None:
    times_s = np.ravel(content["time"])
    return times_s if times_s.dtype.kind in "fiu" and np.isfinite(times_s).all() else None


def _positive(path: Path, content: dict[str, Any], field: str) -> float:
    return matlab.require_positive(path, f"{_STRUCT}.{field}", content[field])


def _agreed(path: Path, what: str, values: dict[str, float]) -> float:
    """Give the value that all fields agree on; raises InputError if they do not."""
    if len(set(values.values())) > 1:
        found = ", ".join(f"{value:.10g} by {field}" for field, value in values.items())
        raise _contradiction(path, what, found)
    return next(iter(values.values()))


def _contradiction(path: Path, what: str, found: str) -> InputError:
    return InputError(
        path,
        expected=f"fields that agree on {what}",
        found=found,
        consequence="it cannot be known which of them is right",
        next_step="check which file was copied here, or fetch it again",
    )
