"""Merging audio: the same waveform from any format, and no drift between files."""

import numpy as np
import pytest
import soundfile

from plumbing.errors import InputError
from speech_decoding.speech.audio import merge_audio, read_chunk


def tone(seconds: float, rate_hz: int) -> np.ndarray:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return 0.5 * np.sin(2 * np.pi * 220 * time_s)


def test_each_file_lies_where_the_table_says(tmp_path):
    paths = []
    for index, (seconds, rate_hz) in enumerate([(1.01, 22050), (0.5, 44100), (0.73, 16000)]):
        paths.append(tmp_path / f"s_{index}.wav")
        soundfile.write(paths[-1], tone(seconds, rate_hz), rate_hz)
    audio, table = merge_audio(paths, rate_hz=16000)
    assert list(table["wav"]) == ["s_0.wav", "s_1.wav", "s_2.wav"]
    assert table["sample_count"].sum() == len(audio)
    for row in table.itertuples():
        piece = audio[row.first_sample : row.first_sample + row.sample_count]
        assert row.sample_count == int(row.duration_s * 16000 + 1e-6)
        expected = tone(row.duration_s, 16000)[: row.sample_count]
        assert np.abs(piece - expected)[200:-200].max() < 2e-3


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_16", 1e-4),
        ("a.wav", "PCM_24", 1e-6),
        ("a.wav", "FLOAT", 1e-6),
        ("a.flac", "PCM_16", 1e-4),
        ("a.flac", "PCM_24", 1e-6),
        ("a.ogg", "VORBIS", 0.05),
    ],
)
def test_formats_of_one_recording_agree(tmp_path, name, subtype, tolerance):
    wave = tone(0.5, 22050)
    soundfile.write(tmp_path / name, np.stack([wave, wave], axis=1), 22050, subtype=subtype)
    soundfile.write(tmp_path / "plain.wav", wave, 22050, subtype="DOUBLE")
    audio, _ = merge_audio([tmp_path / name], rate_hz=16000)
    plain, _ = merge_audio([tmp_path / "plain.wav"], rate_hz=16000)
    assert audio.shape == plain.shape
    assert np.abs(audio - plain).max() < tolerance


def test_unusable_files_are_named(tmp_path):
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.full(9, np.nan), 16000, subtype="FLOAT")
    for name in ("empty.wav", "none.wav", "nan.wav", "missing.wav"):
        with pytest.raises(InputError, match=name):
            merge_audio([tmp_path / name], rate_hz=16000)


def test_a_cut_file_is_not_read_short(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(1, 16000), 16000)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(InputError, match=r"cut\.wav"):
        merge_audio([path], rate_hz=16000)


@pytest.mark.parametrize(("rate_hz", "start_s", "begin"), [(16000, 0.2, 3200), (22050, 0.1, 2205)])
def test_a_chunk_is_read_as_if_it_were_a_file(tmp_path, rate_hz, start_s, begin):
    waveform = np.random.default_rng(0).standard_normal((rate_hz, 2)).clip(-1, 1)
    soundfile.write(tmp_path / "all.wav", waveform, rate_hz, subtype="FLOAT")
    end = round(0.7 * rate_hz)
    soundfile.write(tmp_path / "part.wav", waveform[begin:end], rate_hz, subtype="FLOAT")
    found, begin_s = read_chunk(tmp_path / "all.wav", start_s + 1e-5, 0.7, rate_hz=16000)
    expected, _ = merge_audio([tmp_path / "part.wav"], rate_hz=16000)
    assert found.tobytes() == expected.tobytes()
    assert begin_s == start_s


def test_a_chunk_ends_with_its_file(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 16000)
    found, _ = read_chunk(tmp_path / "a.wav", 0.05, 0.0626, rate_hz=16000)
    assert found.shape == (200,)
    with pytest.raises(InputError, match=r"missing\.wav"):
        read_chunk(tmp_path / "missing.wav", 0, 1, rate_hz=16000)
