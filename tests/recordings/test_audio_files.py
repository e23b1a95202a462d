"""Audio files are judged by the chunk that holds their samples, in the checks and ever after."""

import struct

import numpy as np
import pandas as pd
import pytest
import soundfile

from plumbing.errors import InputError
from speech_decoding.recordings.audio_files import read_audio
from speech_decoding.recordings.event_checks import check_audio
from speech_decoding.speech.audio import merge_audio

RATE_HZ = 22_050
SOUND = (0.3 * np.sin(np.arange(9001) / 9)).astype(np.float32)


def wav(folder, subtype="PCM_16"):
    path = folder / "a.wav"
    soundfile.write(path, SOUND, RATE_HZ, subtype=subtype)
    return path


def change(path, place, value):
    content = bytearray(path.read_bytes())
    content[place : place + 4] = struct.pack("<I", value)
    path.write_bytes(content)


def claim(riff, data):
    """Give a change: the header's sizes of the whole file and of its samples."""

    def changed(path):
        change(path, 4, riff)
        change(path, 40, data)

    return changed


def append(content):
    return lambda path: path.write_bytes(path.read_bytes() + content)


# What writers of WAV files leave behind, and whether the header then tells the length.
WHOLE = {
    "as it should be": (lambda path: None, True),
    "of a pipe, 4 GB": (claim(0xFFFFFFFF, 0xFFFFFFFF), False),
    "of a pipe, 2 GB": (claim(0x7FFFF024, 0x7FFFF000), False),
    "of a pipe, 2 GB and 36": (claim(0x7FFFF048, 0x7FFFF024), False),
    "8 bytes too large": (lambda path: change(path, 4, path.stat().st_size), True),
    "much too large": (lambda path: change(path, 4, 10**9), True),
    "no size at all": (lambda path: change(path, 4, 0), True),
    "a tag at the end": (append(b"LIST\x04\0\0\0abcd"), True),
    "a tag that is cut off": (append(b"LIST\xff\0\0\0abcd"), True),
    "an odd tag without a pad byte": (append(b"LIST\x03\0\0\0abc"), True),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_passes_the_checks_and_is_merged(name, tmp_path):
    path = wav(tmp_path)
    damage, length_known = WHOLE[name]
    damage(path)
    assert read_audio(path).length_known is length_known
    events = pd.DataFrame(
        {"wav": ["a.wav"], "wav_start_s": [0.0], "duration_s": [len(SOUND) / RATE_HZ]}
    )
    findings = check_audio(events, "events", [path])
    assert [finding.severity for finding in findings] == ([] if length_known else ["warning"])
    audio, _ = merge_audio([path], rate_hz=RATE_HZ)
    np.testing.assert_allclose(audio, SOUND, atol=1e-4)


def test_an_odd_number_of_bytes_without_a_pad_byte(tmp_path):
    path = wav(tmp_path, "PCM_U8")
    assert len(SOUND) % 2 == 1
    content = path.read_bytes()
    path.write_bytes(content[: 44 + len(SOUND)])
    assert len(read_audio(path).samples) == len(SOUND)


@pytest.mark.parametrize("left", [0, 1, 2, 1000, -2, -1])
def test_a_file_that_was_cut_off_fails_both(left, tmp_path):
    path = wav(tmp_path)
    header, samples = path.read_bytes()[:44], path.read_bytes()[44:]
    path.write_bytes(header + samples[:left])
    events = pd.DataFrame({"wav": ["a.wav"], "wav_start_s": [0.0], "duration_s": [0.0]})
    (finding,) = check_audio(events, "events", [path])
    assert finding.severity == "fault"
    with pytest.raises(InputError) as caught:
        merge_audio([path], rate_hz=16_000)
    assert finding.sentence == str(caught.value)


@pytest.mark.parametrize("format_", ["RF64", "W64", "AIFF", "FLAC", "WAVEX"])
def test_other_containers(format_, tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, SOUND, RATE_HZ, format=format_, subtype="PCM_16")
    audio = read_audio(path)
    assert (len(audio.samples), audio.rate_hz, audio.length_known) == (len(SOUND), RATE_HZ, True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if format_ in ("RF64", "WAVEX", "FLAC"):
        with pytest.raises(InputError, match="expected"):
            read_audio(path)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 44056, 44100, 47952, 96000, 192000])
def test_usual_rates_are_read(rate_hz, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), rate_hz)
    assert read_audio(tmp_path / "a.wav").rate_hz == rate_hz


def test_a_rate_that_would_take_gigabytes_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 21026)
    with pytest.raises(InputError, match="found 21026; bringing it to 16000 would take gigabytes"):
        read_audio(tmp_path / "a.wav")


def test_samples_that_no_recording_holds_are_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(100, 1e31), RATE_HZ, subtype="FLOAT")
    with pytest.raises(InputError, match="samples up to 1e\\+10, found 1e\\+31"):
        read_audio(tmp_path / "a.wav")
