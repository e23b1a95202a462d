"""A decoder on disk: the weights and the description are enough to rebuild it."""

import pytest
import torch

from plumbing.errors import InputError
from plumbing.results import DESCRIPTION, WEIGHTS, Results
from speech_decoding.decoder.decoder import Decoder
from speech_decoding.decoder.saved import load_decoder, save_decoder

SETTINGS = {"hidden": 8, "virtual_channels": 6, "depth": 2, "subject": "embedding"}


@pytest.fixture
def run(tmp_path) -> Results:
    return Results(tmp_path, experiment="main", seed=1)


def saved(run, **settings):
    torch.manual_seed(1)
    decoder = Decoder(torch.rand(2, 7, 2), n_subjects=3, n_features=5, **SETTINGS, **settings)
    description = {
        "decoder": SETTINGS,
        "n_subjects": 3,
        "n_features": 5,
        "speech_module": settings.get("speech_module", "none"),
    }
    save_decoder(run, decoder, description)
    return decoder.eval()


@pytest.mark.parametrize("speech_module", ["none", "deep_mel"])
def test_a_rebuilt_decoder_is_the_same(run, speech_module):
    decoder = saved(run, speech_module=speech_module)
    rebuilt, description = load_decoder(run, "cpu")
    inputs = torch.randn(4, 7, 30), torch.tensor([0, 1, 2, 0]), torch.tensor([0, 1, 0, 1])
    assert torch.equal(rebuilt(*inputs), decoder(*inputs))
    speech = torch.randn(4, 5, 30)
    assert torch.equal(rebuilt.speech(speech), decoder.speech(speech))
    assert description["decoder"] == SETTINGS
    assert not rebuilt.training


def test_weights_that_do_not_fit_are_refused(run):
    saved(run)
    description = run.read(DESCRIPTION) | {"n_subjects": 4}
    Results(run.folder, **run.wildcards).write(DESCRIPTION, description)
    with pytest.raises(InputError, match="the decoder cannot be rebuilt"):
        load_decoder(run, "cpu")


def test_damaged_weights_are_refused(run):
    saved(run)
    path = run.path(WEIGHTS)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"decoder\.safetensors"):
        load_decoder(run, "cpu")


def test_weights_that_are_not_finite_are_refused(run):
    decoder = saved(run)
    with torch.no_grad():
        decoder.brain.merger.heads.view(-1)[3] = torch.nan
    save_decoder(run, decoder, run.read(DESCRIPTION))
    with pytest.raises(InputError, match=r"decoder\.safetensors.*brain\.merger\.heads"):
        load_decoder(run, "cpu")
