import torch
from torch import nn

from speech_decoding.decoder.convolution_stack import GatedConvolution
from speech_decoding.decoder.decoder import DeepMel


def test_has_the_published_number_of_parameters():
    assert sum(parameter.numel() for parameter in DeepMel().parameters()) == 9_320_128


def test_maps_mel_bands_to_features_at_every_sample():
    features = DeepMel(n_mels=6, n_outputs=9, hidden=8)(torch.randn(2, 6, 50))
    assert features.shape == (2, 9, 50)


def test_last_convolution_is_bare_and_all_activations_are_relu():
    layers = list(DeepMel(n_mels=6, n_outputs=9, hidden=8).children())
    assert isinstance(layers[-1], GatedConvolution)
    assert isinstance(layers[-2], nn.Conv1d)
    activations = [module for layer in layers for module in layer.modules()]
    assert sum(isinstance(module, nn.ReLU) for module in activations) == 9
    assert not any(isinstance(module, nn.GELU) for module in activations)
