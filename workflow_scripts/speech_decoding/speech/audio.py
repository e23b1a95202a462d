"""A story's audio: its files, mono at 16 kHz, one after the other, with a table of where."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.recordings.audio_files import bad_audio, read_audio
from speech_decoding.recordings.resampling import Resampler

if TYPE_CHECKING:
    import pandas as pd


def merge_audio(paths: list[Path], *, rate_hz: int) -> tuple[np.ndarray, "pd.DataFrame"]:
    """Read, mix down, resample and join audio files in the order in which they are heard.

    Parameters: paths, files of any format that libsndfile reads, or none; rate_hz, the rate to give
    them.
    Returns: float32 [samples] at rate_hz, and a row per file: wav (name), first_sample and
    sample_count in the merged audio, duration_s of the original. Each file is resampled on its
    own, so that none drifts against its neighbours.
    Raises: InputError for a file that is missing, cannot be read, is empty or not finite.
    """
    import pandas as pd

    pieces, rows, first_sample = [np.empty(0, np.float32)], [], 0
    for path in paths:
        waveform, raw_rate_hz = read_mono(path)
        piece = _resample(waveform, raw_rate_hz, rate_hz)
        duration_s = len(waveform) / raw_rate_hz
        rows.append((path.name, first_sample, len(piece), duration_s))
        pieces.append(piece)
        first_sample += len(piece)
    kinds = {"wav": "str", "first_sample": int, "sample_count": int, "duration_s": float}
    return np.concatenate(pieces), pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def read_mono(path: Path) -> tuple[np.ndarray, int]:
    """Read one audio file as float32 [samples], the mean of its channels, and its rate in Hz."""
    audio = read_audio(path)
    return audio.samples.mean(axis=1), audio.rate_hz


def read_chunk(
    path: Path, start_s: float, stop_s: float, *, rate_hz: int
) -> tuple[np.ndarray, float]:
    """Read a stretch of an audio file as if nothing lay around it (protocol 3.1).

    It is resampled by itself: of a waveform resampled as a whole, the filter would bring a
    millisecond of the neighbours, which may be of another split.
    Returns: float32 [samples] at rate_hz, and the second of the file at which they begin, a sample
    of the file.
    Raises: InputError for a file that cannot be read.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            raw_rate_hz, begin = file.samplerate, round(start_s * file.samplerate)
            count = min(round(stop_s * raw_rate_hz), file.frames) - begin
            file.seek(begin)
            waveform = file.read(count, dtype="float32", always_2d=True).mean(axis=1)
    except (OSError, soundfile.SoundFileError) as error:
        raise bad_audio(path, "an audio file", f"{error}") from error
    return _resample(waveform, raw_rate_hz, rate_hz), begin / raw_rate_hz


def _resample(waveform: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    if from_hz == to_hz:
        return waveform
    if len(waveform) * to_hz < from_hz:  # not one sample
        return waveform[:0]
    return Resampler(from_hz, to_hz)(waveform[None])[0]
