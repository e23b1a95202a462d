"""A story's audio: its files, mono at 16 kHz, one after the other, with a table of where."""

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.errors import InputError
from speech_decoding.recordings.resampling import Resampler

if TYPE_CHECKING:
    import pandas as pd


def merge_audio(paths: list[Path], *, rate_hz: int) -> tuple[np.ndarray, "pd.DataFrame"]:
    """Read, mix down, resample and join audio files in the order in which they are heard.

    Parameters: paths, files of any format that libsndfile reads; rate_hz, the rate to give them.
    Returns: float32 [samples] at rate_hz, and a row per file: wav (name), first_sample and
    sample_count in the merged audio, duration_s of the original. Each file is resampled on its
    own, so that none drifts against its neighbours.
    Raises: InputError for a file that is missing, cannot be read, is empty or not finite.
    """
    import pandas as pd

    pieces, rows, first_sample = [], [], 0
    for path in paths:
        waveform, raw_rate_hz = read_mono(path)
        piece = _resample(waveform, raw_rate_hz, rate_hz)
        duration_s = len(waveform) / raw_rate_hz
        rows.append((path.name, first_sample, len(piece), duration_s))
        pieces.append(piece)
        first_sample += len(piece)
    columns = ["wav", "first_sample", "sample_count", "duration_s"]
    return np.concatenate(pieces), pd.DataFrame(rows, columns=columns)


def read_mono(path: Path) -> tuple[np.ndarray, int]:
    """Read one audio file as float32 [samples], the mean of its channels, and its rate in Hz."""
    import soundfile

    try:
        header = soundfile.info(path)
        waveform, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise _bad_audio(path, "an audio file", f"{error}") from error
    if len(waveform) != header.frames or len(waveform) == 0:
        found = f"{len(waveform)} of {header.frames} samples"
        raise _bad_audio(path, "as many samples as its header promises, and some", found)
    if missing := _missing_bytes(path):
        raise _bad_audio(path, "the size that its header promises", f"{missing} bytes too few")
    if not np.isfinite(waveform).all():
        raise _bad_audio(path, "finite samples", "a NaN or infinite sample")
    return waveform.mean(axis=1), rate_hz


def read_chunk(
    path: Path, start_s: float, stop_s: float, *, rate_hz: int
) -> tuple[np.ndarray, float]:
    """Read a stretch of an audio file as if nothing lay around it (REFERENCE 3.1).

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
        raise _bad_audio(path, "an audio file", f"{error}") from error
    return _resample(waveform, raw_rate_hz, rate_hz), begin / raw_rate_hz


def _missing_bytes(path: Path) -> int:
    """Tell how much of a WAV file was cut off: libsndfile reads what is left without a word."""
    with path.open("rb") as stream:
        name, promised = struct.unpack("<4sI", stream.read(8).ljust(8, b"\0"))
    complete = promised + 8 if name == b"RIFF" else 0
    return max(complete - path.stat().st_size, 0)


def _resample(waveform: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    if from_hz == to_hz:
        return waveform
    if len(waveform) * to_hz < from_hz:  # not one sample
        return waveform[:0]
    return Resampler(from_hz, to_hz)(waveform[None])[0]


def _bad_audio(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        path,
        expected=expected,
        found=found,
        consequence="the story cannot be embedded",
        next_step="fetch or copy the file again",
    )
