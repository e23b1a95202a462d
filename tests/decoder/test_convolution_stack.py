import pytest
import torch

from speech_decoding.decoder.convolution_stack import ConvolutionStack, ResidualConvolution


def test_receptive_field_is_135_samples():
    # protocol 5.5
    torch.manual_seed(0)
    stack = ConvolutionStack(3, hidden=8).double().eval()
    signals = torch.zeros(1, 3, 301, dtype=torch.float64, requires_grad=True)
    stack(signals)[0, :, 150].sum().backward()
    reached = signals.grad[0].abs().sum(0).nonzero().flatten()
    assert reached.tolist() == list(range(150 - 67, 150 + 68))


@pytest.mark.parametrize("residual", ["after_activation", "before_normalisation", "none"])
def test_residual_is_added_where_it_is_said(residual):
    layer = ResidualConvolution(4, 4, dilation=2, activation="relu", residual=residual)
    signals = torch.randn(2, 4, 20)
    layer.train()
    convolved = layer.convolution(signals)
    if residual == "before_normalisation":
        convolved = convolved + signals
    mean = convolved.mean((0, 2), keepdim=True)
    variance = convolved.var((0, 2), keepdim=True, unbiased=False)
    expected = ((convolved - mean) / (variance + 1e-5).sqrt()).relu()
    if residual == "after_activation":
        expected = expected + signals
    torch.testing.assert_close(layer(signals), expected)


def test_unknown_residual_is_refused():
    with pytest.raises(ValueError, match="dense"):
        ResidualConvolution(2, 2, dilation=1, activation="gelu", residual="dense")


def test_gate_dilation_changes_no_shape():
    stack = ConvolutionStack(3, hidden=4, depth=4, glu_dilation=2)
    assert stack(torch.randn(2, 3, 11)).shape == (2, 4, 11)
    assert stack.gate_1[0].dilation == (2,)
