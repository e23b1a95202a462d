"""Options of the preprocessing that the paper leaves off, in the order in which they are applied.

With any of them on, the whole recording is held in memory in double precision: 2.5 GB for the
longest one of MEG-MASC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from plumbing.errors import InputError
from plumbing.values import Distinct, Positive
from speech_decoding.studies import StoredIca

if TYPE_CHECKING:
    import mne


@dataclass(frozen=True)
class Cleaning:
    """What is done to a recording before it is resampled; nothing unless asked for.

    Attributes: rereference, "average" or the names of the new reference electrodes; ica, whether to
    subtract the components that the study's authors rejected; interpolate_bad, whether to replace
    bad channels by what their neighbours measured; notch, the line frequency and its harmonics as
    found in the recording's spectrum ("auto"), or a list in Hz; band_pass_hz, the lowest and the
    highest frequency to keep. Filters are zero-phase.
    """

    rereference: Literal["average"] | Distinct[str] | None = None
    ica: bool = False
    interpolate_bad: bool = False
    notch: Literal["auto"] | Distinct[Positive] | None = None
    band_pass_hz: tuple[Positive, Positive] | None = None

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return any(vars(self).values())


def clean(
    raw: "mne.io.BaseRaw",
    cleaning: Cleaning,
    *,
    stored_ica: StoredIca | None,
    reference_electrode: str | None,
    line_hz: float | None,
    rate_hz: int,
) -> "mne.io.BaseRaw":
    """Do to a recording, in place, what is asked for; it is in memory afterwards.

    Parameters: raw, data channels only, the bad ones named in its info; reference_electrode, name
    of the electrode that all were recorded against; line_hz, line frequency, None if there is no
    such noise; rate_hz, of the output: what lies above its Nyquist rate needs no notch.
    Raises: InputError if the recording lacks what an option needs.
    """
    raw.load_data(verbose="error")
    names = list(raw.ch_names)
    if reference_electrode and (cleaning.rereference or cleaning.ica):
        import mne

        with mne.use_log_level("error"):  # the electrode needs no place: it is dropped again
            mne.add_reference_channels(raw, reference_electrode, copy=False)
    if cleaning.rereference:
        _rereference(raw, cleaning.rereference)
    if cleaning.ica:
        _subtract_components(raw, stored_ica)
    raw.pick(names)
    if cleaning.interpolate_bad and raw.info["bads"]:
        origin = "auto" if "eeg" in raw else _helmet_centre(raw)
        raw.interpolate_bads(reset_bads=False, origin=origin, verbose="error")
    if frequencies := _notch_frequencies(cleaning.notch, line_hz, rate_hz):
        _require_below_nyquist(raw, "notch", max(frequencies))
        raw.notch_filter(frequencies, picks="all", verbose="error")
    if cleaning.band_pass_hz:
        low_hz, high_hz = cleaning.band_pass_hz
        _require_below_nyquist(raw, "band_pass_hz", high_hz)
        raw.filter(low_hz, high_hz, picks="all", verbose="error")
    return raw


def _rereference(raw: "mne.io.BaseRaw", reference: str | Sequence[str]) -> None:
    missing = [] if reference == "average" else set(reference) - set(raw.ch_names)
    if "eeg" not in raw or missing:
        found = f"no {', '.join(sorted(missing))}" if missing else "a recording without EEG"
        raise _impossible("rereference", "EEG with the electrodes named there", found)
    # MNE leaves bad channels as they are; here they stay comparable to the others.
    bad, raw.info["bads"] = raw.info["bads"], []
    good = [name for name in raw.ch_names if name not in bad]
    raw.set_eeg_reference(good if reference == "average" else list(reference), verbose="error")
    raw.info["bads"] = bad


def _subtract_components(raw: "mne.io.BaseRaw", stored: StoredIca | None) -> None:
    missing = set(stored.channels) - set(raw.ch_names) if stored else ()
    if stored is None or missing:
        found = f"no {', '.join(sorted(missing))}" if missing else "none"
        raise _impossible("ica", "a recording with stored components of its channels", found)
    unmixing = np.asarray(stored.unmixing, dtype=np.float64)  # [components, channels]
    mixing = np.linalg.pinv(unmixing)
    projection = mixing[:, stored.rejected] @ unmixing[stored.rejected]  # [channels, channels]
    raw.apply_function(
        lambda signal: signal - projection @ signal,
        picks=stored.channels,
        channel_wise=False,
        verbose="error",
    )


def _helmet_centre(raw: "mne.io.BaseRaw") -> np.ndarray:
    """Fit a sphere to the sensors of a helmet; gives its centre, metres in head coordinates."""
    places = np.array([channel["loc"][:3] for channel in raw.info["chs"]])
    transform = raw.info["dev_head_t"]["trans"]
    places = places @ transform[:3, :3].T + transform[:3, 3]
    # |p|^2 = 2 p.c + (r^2 - |c|^2) is linear in the centre c.
    equations = np.column_stack([2 * places, np.ones(len(places))])
    return np.linalg.lstsq(equations, np.sum(places**2, axis=1), rcond=None)[0][:3]


def _notch_frequencies(
    notch: str | Sequence[float] | None, line_hz: float | None, rate_hz: int
) -> list[float]:
    if notch != "auto":
        return list(notch or ())
    return [] if line_hz is None else list(np.arange(line_hz, rate_hz / 2 + 1e-6, line_hz))


def _require_below_nyquist(raw: "mne.io.BaseRaw", option: str, frequency_hz: float) -> None:
    nyquist_hz = raw.info["sfreq"] / 2
    if frequency_hz >= nyquist_hz:
        raise _impossible(option, f"frequencies below {nyquist_hz:g} Hz", f"{frequency_hz:g} Hz")


def _impossible(option: str, expected: str, found: str) -> InputError:
    return InputError(
        f"preprocess.{option}",
        expected=expected,
        found=found,
        consequence="the recording cannot be preprocessed",
        next_step="change the option in config.yaml",
    )
