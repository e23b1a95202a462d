"""The EEG recordings of both releases of the Alice study: FieldTrip structs and BrainVision files.

Source: protocol 1.2.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from plumbing.errors import InputError
from speech_decoding.studies.brainvision import read_brainvision
from speech_decoding.studies.fieldtrip import read_fieldtrip

if TYPE_CHECKING:
    import mne

RATE_HZ = 500
# Electrode 29 was the reference while recording: it has no channel.
ELECTRODES = tuple(str(number) for number in range(1, 62) if number != 29)
MONTAGE = "easycap-M10"
# A copy of what the listener heard; some recordings lack it.
AUDIO_CHANNELS = ("AUD", "Aux5")


def open_signal(path: Path) -> "mne.io.BaseRaw":
    """Open a recording with all its channels, in volts.

    Parameters: path, a FieldTrip struct in a `.mat` file or the header (`.vhdr`) of a BrainVision
    recording.
    Raises: InputError if it is damaged, of another kind, or contradicts itself.
    """
    import mne

    read = read_brainvision if path.suffix == ".vhdr" else read_fieldtrip
    names, rate_hz, data = read(path)
    info = mne.create_info(names, rate_hz, [_kind(name) for name in names])
    return mne.io.RawArray(data, info, verbose="error")


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
