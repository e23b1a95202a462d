"""Residual dilated convolutions with gates, shared by the brain module and the deep mel."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from speech_decoding.decoder.normalisation import BatchNormalisation

ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU}
Activation = Literal["gelu", "relu"]
Residual = Literal["after_activation", "before_normalisation", "none"]

KERNEL_SIZE = 3
DILATION_PERIOD = 5


class ResidualConvolution(nn.Module):
    """Dilated convolution, batch normalisation, activation and, where shapes allow, a residual.

    The residual is added after the activation (protocol 5.5), before the normalisation
    (protocol 5.8), or not at all.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        *,
        dilation: int,
        activation: Activation,
        residual: Residual,
    ):
        super().__init__()
        if residual not in ("after_activation", "before_normalisation", "none"):
            raise ValueError(f"there is no residual {residual!r}")
        self.residual = residual if n_inputs == n_outputs else "none"
        self.convolution = _same_length_convolution(n_inputs, n_outputs, dilation)
        self.normalisation = BatchNormalisation(n_outputs)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, signals: Tensor) -> Tensor:
        """Map [batch, inputs, time] to [batch, outputs, time]."""
        convolved = self._convolve(signals)
        if self.residual == "before_normalisation":
            convolved = convolved + signals
        activated = self.activation(self.normalisation(convolved))
        if self.residual == "after_activation":
            activated = activated + signals
        return activated

    def _convolve(self, signals: Tensor) -> Tensor:
        if not self.training:
            return self.convolution(signals)
        # In training the normalisation takes every constant away. What rounding leaves of the
        # bias's gradient, Adam would blow up to steps of full size, which differ between machines
        # and numbers of processes; so it has none, and the bias stays what it was.
        return functional.conv1d(
            signals,
            self.convolution.weight,
            self.convolution.bias.detach(),
            padding=self.convolution.padding,
            dilation=self.convolution.dilation,
        )


class GatedConvolution(nn.Sequential):
    """Convolution to twice the channels, half of which gate the other half."""

    def __init__(self, n_channels: int, *, dilation: int):
        super().__init__(
            _same_length_convolution(n_channels, 2 * n_channels, dilation), nn.GLU(dim=1)
        )


class ConvolutionStack(nn.Sequential):
    """`depth` convolutions of dilation 1, 2, 4, 8, 16, 1, ..., a gate after every second one.

    Maps [batch, n_inputs, time] to [batch, hidden, time] (protocol 5.5). With `n_outputs`, the
    last convolution is bare - no normalisation, activation or residual - and leads to that number
    of channels, which its gate keeps (protocol 3.3).
    """

    def __init__(
        self,
        n_inputs: int,
        *,
        hidden: int = 320,
        depth: int = 10,
        n_outputs: int | None = None,
        activation: Activation = "gelu",
        residual: Residual = "after_activation",
        glu: bool = True,
        glu_dilation: int = 1,
    ):
        super().__init__()
        n_channels = n_inputs
        for layer in range(depth):
            dilation = 2 ** (layer % DILATION_PERIOD)
            if n_outputs is not None and layer == depth - 1:
                convolution = _same_length_convolution(n_channels, n_outputs, dilation)
                n_channels = n_outputs
            else:
                convolution = ResidualConvolution(
                    n_channels, hidden, dilation=dilation, activation=activation, residual=residual
                )
                n_channels = hidden
            self.add_module(f"convolution_{layer}", convolution)
            if glu and layer % 2 == 1:
                gate = GatedConvolution(n_channels, dilation=glu_dilation)
                self.add_module(f"gate_{layer}", gate)


def _same_length_convolution(n_inputs: int, n_outputs: int, dilation: int) -> nn.Conv1d:
    return nn.Conv1d(n_inputs, n_outputs, KERNEL_SIZE, padding="same", dilation=dilation)
