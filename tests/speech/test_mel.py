import numpy as np
import pytest
import torch

from plumbing.errors import InputError
from speech_decoding.speech.targets.mel import Target as MelSpectrum
from speech_decoding.speech.torchaudio_guard import torchaudio

RATE_HZ, N_FFT, HOP = 16000, 512, 128


def mel_filters(n_mels):
    """Triangles [bins, bands] with peaks evenly spaced on the HTK mel scale, 0 to 8000 Hz."""
    top = 2595 * np.log10(1 + RATE_HZ / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, n_mels + 2) / 2595) - 1)
    bins = np.linspace(0, RATE_HZ / 2, N_FFT // 2 + 1)[:, None]
    rising = (bins - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - bins) / np.diff(corners)[1:]
    return np.maximum(0, np.minimum(rising, falling))


def mel_spectrum(waveform, n_mels):
    """The definition, in double precision."""
    x = waveform.astype(np.float64)
    x = (x - x.mean()) / (1e-8 + x.std(ddof=1))
    x = np.pad(x, N_FFT // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    starts = range(0, len(x) - N_FFT + 1, HOP)
    spectrum = np.stack([np.fft.rfft(x[start : start + N_FFT] * window) for start in starts])
    power = np.abs(spectrum) ** 2 / np.sum(window**2)
    return np.log10(power @ mel_filters(n_mels) + 1e-5)


def chirp(n_samples):
    time_s = np.arange(n_samples) / RATE_HZ
    noise = np.random.default_rng(1).standard_normal(n_samples)
    return (np.sin(2 * np.pi * (200 + 900 * time_s) * time_s) + 0.05 * noise).astype(np.float32)


@pytest.mark.parametrize("n_mels", [20, 40, 80, 120])
@pytest.mark.parametrize("n_samples", [257, 4096, 33333])
def test_spectrum_is_the_definition(n_mels, n_samples):
    target = MelSpectrum(n_mels=n_mels)
    embedding = target.embed(chirp(n_samples))
    assert embedding.dtype == np.float32
    assert embedding.shape == (1 + n_samples // HOP, target.features)
    # torchaudio's filters are float32, which tells where one holds few Fourier bins.
    expected = mel_spectrum(chirp(n_samples), n_mels)
    np.testing.assert_allclose(embedding, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("n_mels", [40, 120])
@pytest.mark.filterwarnings("ignore:At least one mel filterbank")
def test_spectrum_is_torchaudios_with_the_published_parameters(n_mels):
    transform = torchaudio.transforms.MelSpectrogram(
        sample_rate=16000,
        n_fft=512,
        win_length=512,
        hop_length=128,
        f_min=0.0,
        f_max=8000.0,
        n_mels=n_mels,
        window_fn=torch.hann_window,
        power=2.0,
        normalized=True,
        center=True,
        pad_mode="reflect",
        norm=None,
        mel_scale="htk",
    )
    x = torch.from_numpy(chirp(33333))
    expected = torch.log10(transform((x - x.mean()) / (1e-8 + x.std())) + 1e-5).T
    np.testing.assert_array_equal(MelSpectrum(n_mels=n_mels).embed(chirp(33333)), expected)


def test_one_of_120_filters_is_empty_and_always_minus_5():
    target = MelSpectrum()
    empty = np.flatnonzero(mel_filters(120).max(axis=0) == 0).tolist()
    assert len(empty) == 1
    assert target.empty_filters() == empty
    assert target.facts() == {"n_mels": 120, "empty_filters": empty}
    np.testing.assert_array_equal(target.embed(chirp(5000))[:, empty], -5)


@pytest.mark.parametrize("n_mels", [20, 40, 80])
def test_fewer_filters_are_none_of_them_empty(n_mels):
    assert MelSpectrum(n_mels=n_mels).empty_filters() == []


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_silence_is_minus_5(level):
    target = MelSpectrum()
    embedding = target.embed(np.full(4000, level, np.float32))
    np.testing.assert_array_equal(embedding, target.silence)


def test_loudness_does_not_matter():
    target = MelSpectrum()
    np.testing.assert_allclose(
        target.embed(chirp(8000)), target.embed(chirp(8000) * 0.01), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("n_samples", [0, 1, 256])
def test_chunk_without_a_frame_is_refused(n_samples):
    with pytest.raises(InputError, match=f"at least 257 samples.* found {n_samples} samples"):
        MelSpectrum().embed(np.zeros(n_samples, np.float32))


def test_no_mel_band_is_refused():
    with pytest.raises(InputError, match="n_mels"):
        MelSpectrum(n_mels=0)
