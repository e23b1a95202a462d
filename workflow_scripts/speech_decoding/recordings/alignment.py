"""The proof of alignment: the sound that a recording holds, against where its events place it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.errors import InputError
from speech_decoding.recordings.resampling import Resampler
from speech_decoding.recordings.thresholds import LARGEST_LAG_S, LEAST_CORRELATION
from speech_decoding.studies import Recording, StudyReader

if TYPE_CHECKING:
    import pandas as pd

_FARTHEST_S = 5.0  # lags are looked for up to here, either way
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

    Parameters: wav_onsets, the recording's (wav, onset_s); audio [samples] at audio_rate_hz and
    wavs, its story's merged audio and the table of its files.
    Returns: lag_ms, how much later than the events say the sound was recorded, and correlation of
    the envelopes at that lag, both None without an audio channel; and warning, one sentence, empty
    if there is nothing to say.
    """
    channel = study.load_audio_channel(recording)
    if channel is None:
        return {"lag_ms": None, "correlation": None, "warning": ""}
    placed = wav_onsets.merge(wavs, on="wav", validate="one_to_one")
    sounds = [
        (row.onset_s, audio[row.first_sample : row.first_sample + row.sample_count])
        for row in placed.itertuples()
    ]
    lag_s, correlation = measure_lag(*channel, sounds, audio_rate_hz=audio_rate_hz)
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
    from scipy.signal import correlate

    reach = round(_FARTHEST_S * rate_hz)
    recorded = _envelope(channel, rate_hz)
    resample = Resampler(audio_rate_hz, int(rate_hz))
    product = np.zeros(2 * reach + 1)
    recorded_power = played_power = 0.0
    for onset_s, waveform in sounds:
        played = _envelope(resample(waveform[np.newaxis])[0], rate_hz)
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
