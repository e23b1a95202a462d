import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.decoder.merger import fourier_embedding


def test_known_values_at_one_position():
    embedding = fourier_embedding(torch.tensor([0.5, 0.25]), 32)
    cosines, sines = embedding.reshape(2, 32, 32)
    pairs = [(0, 0), (0, 1), (0, 31), (1, 0), (1, 1), (31, 31)]
    known = [1, -0.433884, 0.974928, -1, 0.433884, -0.974931]
    assert [cosines[pair].item() for pair in pairs] == pytest.approx(known, abs=1e-6)
    assert sines[0, 1].item() == pytest.approx(0.900969, abs=1e-6)


@pytest.mark.parametrize(
    ("key", "n_harmonics", "dtype", "tolerance"),
    [
        ("fourier32", 4, torch.float32, 1e-5),
        ("fourier288", 12, torch.float32, 1e-5),
        ("fourier2048", 32, torch.float32, 1e-5),
        ("fourier32_64", 4, torch.float64, 1e-9),
        ("fourier288_64", 12, torch.float64, 1e-9),
    ],
)
def test_equals_the_published_embedding(golden, key, n_harmonics, dtype, tolerance):
    published = golden("channel_merger")
    embedding = fourier_embedding(published["positions"].to(dtype), n_harmonics)
    torch.testing.assert_close(embedding, published[key], rtol=0, atol=tolerance)


@settings(deadline=None)
@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_every_position_has_the_same_norm_and_repeats_after_one_period(x, y):
    position = torch.tensor([x, y], dtype=torch.float64)
    embedding = fourier_embedding(position, 8)
    assert embedding.square().sum().item() == pytest.approx(64)
    torch.testing.assert_close(fourier_embedding(position + 1.4, 8), embedding, atol=1e-9, rtol=0)
