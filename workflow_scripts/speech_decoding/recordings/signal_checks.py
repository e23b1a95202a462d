"""Checks of a recording's samples, for any study: read once, block by block."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.recordings.thresholds import (
    FLAT_SHARE,
    LARGEST_FLAT_SENSORS,
    LONGEST_GAPS_S,
    SHORTEST_GAP_S,
    SHORTEST_S,
)
from speech_decoding.studies import Finding
from speech_decoding.studies.reading import reading

if TYPE_CHECKING:
    import hashlib

    import mne

# Samples read at a time, which bounds the memory.
_BLOCK_COUNT = 20_000


def check_signal(
    raw: "mne.io.BaseRaw", where: object, samples: "hashlib._Hash | None" = None
) -> tuple[list[Finding], list[str]]:
    """Check the length of a recording and every sample of its sensors.

    Parameters: raw, data channels only; where, the file that sentences name; samples, a hash to be
    updated with all samples, so that they are read once.
    Returns: the findings, and the names of the sensors that are flat or not finite.
    """
    duration_s = raw.n_times / raw.info["sfreq"]
    if duration_s < SHORTEST_S:
        short = Finding.fault(
            where,
            expected=f"a recording longer than one window of {SHORTEST_S:g} s",
            found=f"{raw.n_times} samples, {duration_s:g} s",
            consequence="no segment can be cut from it",
            next_step="fetch it again, or exclude it in config.yaml with a reason",
        )
        return [short], []
    finite, still, gap = _scan(raw, where, samples)
    findings, bad = [], ~finite
    if bad.any():
        findings.append(
            Finding.fault(
                where,
                expected="finite values",
                found=f"NaN or infinite ones in {_list(raw.ch_names, bad)}",
                consequence="filtering would spread them over the whole sensor",
                next_step="fetch it again, or exclude it in config.yaml with a reason",
            )
        )
    flat = finite & (still >= FLAT_SHARE * (raw.n_times - 1))
    if gap.any():
        findings += _judge_gaps(gap, raw.info["sfreq"], where)
    if flat.any():
        findings.append(_judge_flat(raw.ch_names, flat, where))
    return findings, [raw.ch_names[index] for index in np.flatnonzero(bad | flat)]


def _scan(
    raw: "mne.io.BaseRaw", where: object, samples: "hashlib._Hash | None"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read all samples and compare each with the one before.

    Returns: finite [sensors], whether all its values are; still [sensors], number of samples equal
    to the one before; gap [samples], whether all sensors are equal to the sample before or after.
    """
    finite = np.ones(len(raw.ch_names), dtype=bool)
    still = np.zeros(len(raw.ch_names), dtype=np.int64)
    frozen = np.zeros(raw.n_times + 1, dtype=bool)  # between sample i - 1 and sample i
    for start in range(0, raw.n_times - 1, _BLOCK_COUNT):
        stop = min(start + _BLOCK_COUNT + 1, raw.n_times)  # one sample more, to compare with
        with reading(where, "samples that can be read"):
            block = raw.get_data(start=start, stop=stop)
        if samples:
            samples.update(np.ascontiguousarray(block))
        finite &= np.isfinite(block).all(axis=1)
        same = block[:, 1:] == block[:, :-1]  # [sensors, stop - start - 1]
        still += np.count_nonzero(same, axis=1)
        frozen[start + 1 : stop] = same.all(axis=0)
    return finite, still, frozen[1:] | frozen[:-1]


def _judge_gaps(gap: np.ndarray, rate_hz: float, where: object) -> list[Finding]:
    steps = np.diff(gap.astype(np.int8), prepend=0, append=0)
    start_s, stop_s = (np.flatnonzero(steps == step) / rate_hz for step in (1, -1))
    long = stop_s - start_s >= SHORTEST_GAP_S
    start_s, stop_s = start_s[long], stop_s[long]
    if len(start_s) == 0:
        return []
    total_s = float((stop_s - start_s).sum())
    place = "at its end" if stop_s[-1] * rate_hz == len(gap) else f"from {start_s[0]:.1f} s on"
    judge = Finding.fault if total_s > LONGEST_GAPS_S else Finding.warning
    return [
        judge(
            where,
            expected="sensors that move all the time",
            found=f"all of them still for {total_s:.2f} s, {place}",
            consequence="windows there would hold no brain activity",
            next_step="fetch it again, or exclude it in config.yaml with a reason",
        )
    ]


def _judge_flat(names: Sequence[str], flat: np.ndarray, where: object) -> Finding:
    parts = {
        "expected": "sensors that move",
        "found": f"flat ones: {_list(names, flat)}",
        "consequence": "they hold no brain activity",
    }
    if flat.mean() > LARGEST_FLAT_SENSORS:
        return Finding.fault(
            where,
            **parts,
            next_step="fetch it again, or exclude it in config.yaml with a reason",
        )
    return Finding.warning(
        where, **parts, next_step="nothing needs to be done, or set preprocess.interpolate_bad"
    )


def _list(names: Sequence[str], chosen: np.ndarray) -> str:
    found = [names[index] for index in np.flatnonzero(chosen)]
    rest = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + rest
