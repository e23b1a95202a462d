"""The proof of alignment: the sound that a recording holds, against where its events place it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plumbing.errors import InputError
from speech_decoding.recordings.resampling import Resampler
from speech_decoding.recordings.thresholds import LARGEST_LAG_S, LEAST_CORRELATION
from speech_decoding.studies import Recording, StudyReader

if TYPE_CHECKING:
    import mne
    import pandas as pd

_FARTHEST_S = 5.0  # lags are looked for up to here, either way
_SCREENED_S = 60.0  # so much of the first sound is looked for in channels of unknown content
_HIGH_PASS_HZ, _ENVELOPE_HZ = 20.0, 20.0


def measure_alignment(
    study: StudyReader,
    recording: Recording,
    wav_onsets: "pd.DataFrame",
    audio: np.ndarray,
    wavs: "pd.DataFrame",
    *,
    audio_rate_hz: int,
) -> dict[str, Any]:
    """Compare a recording's audio channel with the audio files that its events place in it.

    Of several channels that may be one, that which is most like the sound is taken, if any is.

    Parameters: wav_onsets, the recording's (wav, onset_s); audio [samples] at audio_rate_hz and
    wavs, its story's merged audio and the table of its files.
    Returns: lag_ms, how much later than the events say the sound was recorded, and correlation of
    the envelopes at that lag, both None without an audio channel; and warning, one sentence, empty
    if there is nothing to say.
    """
    channels = study.open_audio_channels(recording)
    placed = wav_onsets.merge(wavs, on="wav", validate="one_to_one")
    sounds = [
        (row.onset_s, audio[row.first_sample : row.first_sample + row.sample_count])
        for row in placed.itertuples()
    ]
    nothing = {"lag_ms": None, "correlation": None, "warning": ""}
    if channels is None:
        return nothing
    unknown = len(channels.ch_names) > 1
    if unknown:
        channels.pick([_most_alike(channels, sounds, audio_rate_hz)])
    rate_hz = channels.info["sfreq"]
    lag_s, correlation = measure_lag(
        channels.get_data()[0], rate_hz, sounds, audio_rate_hz=audio_rate_hz
    )
    if unknown and correlation < LEAST_CORRELATION:
        return nothing
    warning = ""
    if correlation < LEAST_CORRELATION:
        warning = _warn(recording, f"nothing like them (correlation {correlation:.2f})")
    elif abs(lag_s) > LARGEST_LAG_S:
        side = "later" if lag_s > 0 else "earlier"
        warning = _warn(recording, f"them {abs(lag_s) * 1000:.0f} ms {side}")
    return {"lag_ms": round(lag_s * 1000, 1), "correlation": correlation, "warning": warning}


def measure_lag(
    channel: np.ndarray,
    rate_hz: float,
    sounds: Iterable[tuple[float, np.ndarray]],
    *,
    audio_rate_hz: int,
) -> tuple[float, float]:
    """Find the one lag at which a channel's envelope is most like that of the sounds.

    Parameters: channel [samples] at rate_hz; sounds, for each when it should begin, in seconds from
    the channel's first sample (negative: before it), and its waveform at audio_rate_hz.
    Returns: seconds by which the channel is later, and the envelopes' correlation there. What is
    compared has the band of the channel.
    """
    return _fit(_envelope(channel, rate_hz), rate_hz, _envelopes(sounds, rate_hz, audio_rate_hz))


def _most_alike(
    channels: "mne.io.BaseRaw", sounds: Sequence[tuple[float, np.ndarray]], audio_rate_hz: int
) -> int:
    """Give the position of the channel most like the first minute of the first sound."""
    rate_hz = channels.info["sfreq"]
    onset_s, waveform = next((sound for sound in sounds if sound[0] >= 0), sounds[0])
    begin = min(round(max(onset_s - _FARTHEST_S, 0.0) * rate_hz), channels.n_times // 2)
    end = min(round((onset_s + _SCREENED_S + _FARTHEST_S) * rate_hz), channels.n_times)
    sound = (onset_s - begin / rate_hz, waveform[: round(_SCREENED_S * audio_rate_hz)])
    played = _envelopes([sound], rate_hz, audio_rate_hz)
    stretch = channels.get_data(start=begin, stop=end)
    return int(np.argmax([_fit(_envelope(one, rate_hz), rate_hz, played)[1] for one in stretch]))


def _envelopes(
    sounds: Iterable[tuple[float, np.ndarray]], rate_hz: float, audio_rate_hz: int
) -> list[tuple[float, np.ndarray]]:
    """Give when each sound should begin, and its envelope at rate_hz."""
    resample = Resampler(audio_rate_hz, int(rate_hz))
    return [
        (onset_s, _envelope(resample(waveform[np.newaxis])[0], rate_hz))
        for onset_s, waveform in sounds
    ]


def _fit(
    recorded: np.ndarray, rate_hz: float, envelopes: Iterable[tuple[float, np.ndarray]]
) -> tuple[float, float]:
    """Give the lag in seconds at which envelopes fit a recorded one best, and the correlation."""
    from scipy.signal import correlate

    reach = round(_FARTHEST_S * rate_hz)
    product = np.zeros(2 * reach + 1)
    recorded_power = played_power = 0.0
    for onset_s, played in envelopes:
        around = _cut(recorded, round(onset_s * rate_hz) - reach, len(played) + 2 * reach)
        around, played = around - around.mean(), played - played.mean()
        product += correlate(around, played, mode="valid", method="fft")
        recorded_power += around.var() * len(played)
        played_power += played @ played
    correlation = product / max(np.sqrt(recorded_power * played_power), np.finfo(float).tiny)
    best = int(correlation.argmax())
    return (best - reach) / rate_hz, float(correlation[best])


def _envelope(waveform: np.ndarray, rate_hz: float) -> np.ndarray:
    from scipy.signal import butter, sosfiltfilt

    high_pass = butter(2, _HIGH_PASS_HZ, "highpass", fs=rate_hz, output="sos")
    low_pass = butter(2, _ENVELOPE_HZ, "lowpass", fs=rate_hz, output="sos")
    loudness = np.abs(sosfiltfilt(high_pass, np.asarray(waveform, dtype=np.float64)))
    return sosfiltfilt(low_pass, loudness)


def _cut(signal: np.ndarray, first: int, count: int) -> np.ndarray:
    """Cut samples first to first + count; beyond the signal's ends its mean stands."""
    cut = np.full(count, signal.mean())
    start, stop = max(first, 0), min(first + count, len(signal))
    if start < stop:
        cut[start - first : stop - first] = signal[start:stop]
    return cut


def _warn(recording: Recording, found: str) -> str:
    return str(
        InputError(
            f"recording {recording.id}",
            expected="the sounds in its audio channel where its events place them",
            found=found,
            consequence="brain and speech may be paired wrongly",
            next_step="check its events, or exclude it in config.yaml with a reason",
        )
    )
