"""Preprocessing of one recording: data channels, resampled, with the sensors' positions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from plumbing.errors import InputError
from plumbing.values import Count
from speech_decoding.recordings.cleaning import Cleaning, clean
from speech_decoding.recordings.quality import (
    Quality,
    measure_clamped_share,
    measure_spectrum,
)
from speech_decoding.recordings.resampling import Resampler
from speech_decoding.studies import EVENT_COLUMNS, Recording, StudyReader

if TYPE_CHECKING:
    import mne
    import pandas as pd

# Input samples read at a time: 20 s of 208 sensors at 1000 Hz are 33 MB as MNE delivers them.
_BLOCK_COUNT = 20_000


@dataclass(frozen=True)
class Preprocessed:
    """A recording as every later stage reads it.

    Attributes: signal, float32 [samples, sensors]; sensors (name, x, y); events (EVENT_COLUMNS);
    quality, None if the recording is not used.
    """

    signal: np.ndarray
    sensors: "pd.DataFrame"
    events: "pd.DataFrame"
    quality: Quality | None


def resample_recording(raw: "mne.io.BaseRaw", *, rate_hz: int) -> np.ndarray:
    """Resample all channels of a recording (protocol 2, steps 1 and 2).

    Parameters: raw, data channels only, at rate_hz or more.
    Returns: float32 [samples, channels] at rate_hz, in the recording's own unit. Samples come
    first because every later step reads whole windows.
    Raises: InputError if the recording would have to be up-sampled, or holds a value that is not
    finite, which filtering would spread over its whole channel.
    """
    raw_rate_hz = raw.info["sfreq"]
    where = ", ".join(str(path) for path in raw.filenames if path) or "the recording"
    if raw_rate_hz < rate_hz or raw_rate_hz != int(raw_rate_hz):
        raise InputError(
            where,
            expected=f"a whole number of samples per second, at least {rate_hz}",
            found=f"{raw_rate_hz:g} Hz",
            consequence="it cannot be resampled",
            next_step="check the recording, or set preprocess.rate_hz lower",
        )
    resampler = Resampler(int(raw_rate_hz), rate_hz)
    signal = np.empty((resampler.output_count(raw.n_times), len(raw.ch_names)), np.float32)
    done = 0
    for block in _finite_blocks(raw, resampler, where):
        signal[done : done + block.shape[1]] = block.T
        done += block.shape[1]
    return signal


def _finite_blocks(raw: "mne.io.BaseRaw", resampler: Resampler, where: str) -> Iterator[np.ndarray]:
    def read(start: int, stop: int) -> np.ndarray:
        block = raw.get_data(start=start, stop=stop)
        if not np.isfinite(block).all():
            channel = int(np.argmin(np.isfinite(block).all(axis=1)))
            raise InputError(
                where,
                expected="finite values",
                found=f"a NaN or infinite value in channel {raw.ch_names[channel]} between "
                f"{start / raw.info['sfreq']:.1f} and {stop / raw.info['sfreq']:.1f} s",
                consequence="filtering would spread it over the whole channel",
                next_step="exclude the recording in config.yaml or repair the file",
            )
        return block

    yield from resampler.stream(read, raw.n_times, block_count=_BLOCK_COUNT)


def sensor_positions(raw: "mne.io.BaseRaw") -> "pd.DataFrame":
    """Give the sensors' places on the flattened head (protocol 5.1).

    Returns: a row per channel, in order: name, x, y, both scaled to [0, 1] over this recording;
    a sensor without a known place is at (-0.1, -0.1), which the decoder leaves out.
    """
    import mne
    import pandas as pd

    layout = mne.find_layout(raw.info, exclude=())  # bad channels have a place as well
    known = {name.rsplit("-", 1)[0]: layout.pos[i, :2] for i, name in enumerate(layout.names)}
    names = [name.rsplit("-", 1)[0] for name in raw.ch_names]
    places = np.array([known.get(name, (np.nan, np.nan)) for name in names])
    low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
    places = np.nan_to_num((places - low) / (high - low), nan=-0.1)
    return pd.DataFrame({"name": raw.ch_names, "x": places[:, 0], "y": places[:, 1]})


def preprocess(
    study: StudyReader,
    recording: Recording,
    usable: bool,
    bad_channels: Sequence[str],
    *,
    rate_hz: Count,
    **cleaning: object,
) -> Preprocessed:
    """Preprocess one recording.

    Parameters: usable, False for a recording that its checks excluded: it becomes an empty signal
    and empty tables, so that every recording has the same files; bad_channels, those that its
    checks found; rate_hz, of the output; cleaning, the attributes of `Cleaning`.
    Raises: InputError if the recording cannot be resampled or lacks what an option needs.
    """
    import pandas as pd

    if not usable:
        sensors = pd.DataFrame({"name": [], "x": [], "y": []})
        events = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in EVENT_COLUMNS.items()})
        return Preprocessed(np.empty((0, 0), np.float32), sensors, events, None)
    raw = study.load_raw(recording)
    bad = [name for name in raw.ch_names if name in {*raw.info["bads"], *bad_channels}]
    raw.info["bads"] = bad
    spectrum = measure_spectrum(raw)
    asked = Cleaning(**cleaning)
    if asked.any:
        raw = clean(
            raw,
            asked,
            stored_ica=study.load_ica(recording) if asked.ica else None,
            reference_electrode=study.facts.reference_electrode,
            line_hz=spectrum.find_line()[0],
            rate_hz=rate_hz,
        )
    signal = resample_recording(raw, rate_hz=rate_hz)
    sensors = sensor_positions(raw)
    clamped_share = measure_clamped_share(signal)
    kind = raw.get_channel_types(unique=True)[0]
    quality = Quality(spectrum, kind, sensors, bad, clamped_share)
    return Preprocessed(signal, sensors, study.load_events(recording), quality)
