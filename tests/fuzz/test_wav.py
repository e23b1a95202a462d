"""Damaged audio files are refused in a sentence, or read by the checks and by all after them."""

import io

import numpy as np
import pytest
import soundfile

from plumbing.errors import InputError
from speech_decoding.recordings.audio_files import read_audio
from speech_decoding.speech.audio import merge_audio, read_chunk
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate

RATE_HZ = 22_050
SOUND = (0.3 * np.sin(np.arange(4000) / 9)).astype(np.float32)
KINDS = [
    *(("WAV", subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW")),
    *(("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("W64", "PCM_16")),
    *(("AIFF", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")),
]
HEADER_BYTES = 80


def write(format_: str, subtype: str, channels: int) -> bytes:
    content = io.BytesIO()
    sound = np.stack([SOUND] * channels, axis=1)
    soundfile.write(content, sound, RATE_HZ, format=format_, subtype=subtype)
    return content.getvalue()


CONTENTS = [write(*kind, channels) for kind in KINDS for channels in (1, 2)]


def read(path) -> bool:
    """Read a file as the checks do, and if it is used as everything after them."""
    try:
        audio = read_audio(path)
    except InputError as error:
        assert "\n" not in str(error)
        return False
    assert np.isfinite(audio.samples).all() and len(audio.samples) > 0
    merged, _ = merge_audio([path], rate_hz=16_000)
    assert np.isfinite(merged).all()
    read_chunk(path, 0.0, audio.duration_s / 2, rate_hz=16_000)
    return True


def test_intact_files_are_read(tmp_path):
    for content in CONTENTS:
        (tmp_path / "a.wav").write_bytes(content)
        assert read(tmp_path / "a.wav")


@pytest.mark.long
def test_damaged_files_are_used_by_all_or_by_none(tmp_path):
    path, ends = tmp_path / "a.wav", set()
    for number, random in tries(longest_try_s=120):  # many rates take long to resample
        content = random.choice(CONTENTS)
        if random.random() < 0.7:
            content = mutate(random, content[:HEADER_BYTES]) + content[HEADER_BYTES:]
        else:
            content = mutate(random, content)
        path.write_bytes(content)
        try:
            ends.add(read(path))
        except Exception as error:
            raise AssertionError(f"try {number}") from error
    assert ends == {True, False}
