"""The EEG recordings of both releases of the Alice study: FieldTrip structs and BrainVision files.

Source: REFERENCE 1.2.
"""

import configparser
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.errors import InputError
from speech_decoding.studies.matlab import read_struct, require_positive

if TYPE_CHECKING:
    import mne

RATE_HZ = 500
# Electrode 29 was the reference while recording: it has no channel.
ELECTRODES = tuple(str(number) for number in range(1, 62) if number != 29)
MONTAGE = "easycap-M10"
# A copy of what the listener heard; some recordings lack it.
AUDIO_CHANNELS = ("AUD", "Aux5")

_VOLT_PER_MICROVOLT = 1e-6
_BYTES = {"INT_16": 2, "INT_32": 4, "IEEE_FLOAT_32": 4}


def open_signal(path: Path) -> "mne.io.BaseRaw":
    """Open a recording with all its channels, in volts.

    Parameters: path, a FieldTrip struct in a `.mat` file or the header (`.vhdr`) of a BrainVision
    recording.
    Raises: InputError if it is damaged, of another kind, or shorter than it says itself.
    """
    return _open_brainvision(path) if path.suffix == ".vhdr" else _open_fieldtrip(path)


def require_electrodes(path: Path, raw: "mne.io.BaseRaw") -> None:
    """Raise InputError unless the recording has the study's rate and electrodes."""
    if raw.info["sfreq"] != RATE_HZ:
        raise _not_alice(path, f"{RATE_HZ} Hz", f"{raw.info['sfreq']:g} Hz")
    if missing := [name for name in ELECTRODES if name not in raw.ch_names]:
        others = [name for name in raw.ch_names if name not in (*ELECTRODES, *AUDIO_CHANNELS)]
        raise _not_alice(
            path,
            f"the {len(ELECTRODES)} electrodes 1 to 61 without 29",
            f"no {_list(missing)} among {len(raw.ch_names)} channels (others: {_list(others)})",
        )


def _open_fieldtrip(path: Path) -> "mne.io.BaseRaw":
    import mne

    content = read_struct(path, "raw", ("hdr.Fs", "hdr.nSamples", "hdr.label", "trial"))
    labels = [str(label) for label in np.atleast_1d(content["hdr.label"])]
    rate_hz, sample_count = (
        require_positive(path, f"raw.{field}", content[field])
        for field in ("hdr.Fs", "hdr.nSamples")
    )
    data = np.asarray(content["trial"])
    if data.dtype.kind not in "fiu" or data.shape != (len(labels), sample_count):
        raise _not_alice(
            path,
            f"{len(labels)} channels x {sample_count:.0f} samples, by its own header",
            f"{' x '.join(map(str, data.shape)) or 'one'} ({data.dtype})",
        )
    if len(set(labels)) < len(labels):
        raise _not_alice(path, "channels of different names", _list(labels))
    info = mne.create_info(labels, rate_hz, [_kind(label) for label in labels])
    return mne.io.RawArray(data * _VOLT_PER_MICROVOLT, info, verbose="error")


def _open_brainvision(path: Path) -> "mne.io.BaseRaw":
    import mne

    try:
        raw = mne.io.read_raw_brainvision(path, verbose="error")
        _require_whole_frames(path, len(raw.ch_names))
    except (OSError, ValueError, LookupError, RuntimeError, configparser.Error) as error:
        raise InputError(
            path,
            expected="a BrainVision recording, with its .eeg and .vmrk files",
            found=" ".join(str(error).split())[:200] or type(error).__name__,
            consequence="it cannot be read",
            next_step="fetch or copy its three files again",
        ) from error
    kinds = {name: _kind(name) for name in raw.ch_names}
    return raw.set_channel_types(kinds, on_unit_change="ignore", verbose="error")


def _require_whole_frames(path: Path, channel_count: int) -> None:
    """Raise ValueError if the data were cut inside a frame; MNE would read what is left."""
    header = configparser.RawConfigParser(allow_no_value=True, strict=False)
    text = path.read_text(encoding="utf-8", errors="replace").partition("\n")[2]
    header.read_string(text.partition("[Comment]")[0])
    data = path.with_name(header["Common Infos"]["DataFile"])
    frame = channel_count * _BYTES[header["Binary Infos"]["BinaryFormat"]]
    if data.stat().st_size % frame:
        raise ValueError(f"{data.name} with {data.stat().st_size} bytes, no multiple of {frame}")


def _kind(name: str) -> str:
    """Give MNE's type of a channel by its name."""
    return {"VEOG": "eog", **dict.fromkeys(AUDIO_CHANNELS, "misc")}.get(name, "eeg")


def _list(names: list[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "") or "none"


def _not_alice(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="it is not a complete recording of this study",
        next_step="check which file was copied here, or fetch it again",
    )
