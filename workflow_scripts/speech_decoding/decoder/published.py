"""The published architecture: from a window of M/EEG to an estimate of its speech embedding."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from plumbing.values import Count, NotNegative
from speech_decoding.decoder.convolution_stack import (
    ACTIVATIONS,
    Activation,
    ConvolutionStack,
    Residual,
)
from speech_decoding.decoder.merger import ChannelMerger
from speech_decoding.decoder.subject_layer import SubjectEmbedding, SubjectLayer, fill_unheard

EMBEDDING_DIMENSION = 64


class PointwiseTransposedConvolution(nn.ConvTranspose1d):
    """A transposed convolution of one sample, computed as the matrix product that it is.

    It differs from a plain one in its default initial weights, which scale with the number of
    outputs (protocol 5.6). Processors compute the product up to three times as fast, and its
    outputs lie in memory as speech does, those of a sample side by side.
    """

    def forward(self, signals: Tensor) -> Tensor:
        """Map [batch, inputs, time] to [batch, outputs, time]."""
        return functional.linear(signals.mT, self.weight.squeeze(-1).mT, self.bias).mT


class BrainModule(nn.Module):
    """Spatial attention, initial layer, subject layer, convolution stack and head (protocol 5).

    The defaults are the published model, and every other setting is one of its ablations
    (protocol 5.7, 8.5) or of its variants (protocol 5.8). Seed torch's generator right before
    the construction to repeat the initial weights.

    Args:
        layout_positions: [layouts, sensors, 2], each distinct layout of sensors once, in [0, 1];
            a negative coordinate marks an unknown position (protocol 5.1).
        n_subjects: number of subjects.
        n_outputs: number of speech features to estimate.
        virtual_channels: channels after the spatial attention and after the initial layer.
        hidden: channels of the convolution stack.
        depth: convolutions in the stack, gates not counted.
        spatial_attention: if not, the sensors are themselves the channels.
        spatial_dropout_radius: sensors no further from a random centre are dropped; 0 drops none.
        spatial_dropout_from: drop "scores", before the softmax, or "signals", after it.
        initial_layer: whether there is a linear map of the channels, common to all subjects.
        subject: a "layer" for each subject, an "embedding" as added channels, or "none".
        activation: of the convolution stack and of the head.
        residual: where the stack adds its residuals, or "none".
        glu: whether the stack has gates.
        glu_dilation: dilation of the gates' convolutions.
        final_convolutions: if not, the last convolution of the stack leads to the outputs.
        output_activation: applied to the estimate.
    """

    def __init__(
        self,
        layout_positions: Tensor,
        n_subjects: int,
        n_outputs: int,
        *,
        virtual_channels: Count = 270,
        hidden: Count = 320,
        depth: Count = 10,
        spatial_attention: bool = True,
        spatial_dropout_radius: NotNegative = 0.2,
        spatial_dropout_from: Literal["scores", "signals"] = "scores",
        initial_layer: bool = True,
        subject: Literal["layer", "embedding", "none"] = "layer",
        activation: Activation = "gelu",
        residual: Residual = "after_activation",
        glu: bool = True,
        glu_dilation: Count = 1,
        final_convolutions: bool = True,
        output_activation: Literal["gelu", "none"] = "none",
    ):
        super().__init__()
        self.register_buffer("layout_positions", layout_positions)
        n_channels = layout_positions.shape[1]

        self.merger = None
        if spatial_attention:
            self.merger = ChannelMerger(
                virtual_channels,
                dropout_radius=spatial_dropout_radius,
                dropout_from=spatial_dropout_from,
            )
            n_channels = virtual_channels

        self.initial_layer = None
        if initial_layer:
            self.initial_layer = nn.Conv1d(n_channels, virtual_channels, 1)
            n_channels = virtual_channels

        match subject:
            case "layer":
                self.subject = SubjectLayer(n_subjects, n_channels)
            case "embedding":
                self.subject = SubjectEmbedding(n_subjects, EMBEDDING_DIMENSION)
                n_channels += EMBEDDING_DIMENSION
            case "none":
                self.subject = None
            case _:
                raise ValueError(f"subject is layer, embedding or none, not {subject!r}")

        self.convolutions = ConvolutionStack(
            n_channels,
            hidden=hidden,
            depth=depth,
            n_outputs=None if final_convolutions else n_outputs,
            activation=activation,
            residual=residual,
            glu=glu,
            glu_dilation=glu_dilation,
        )
        self.head = nn.Sequential()
        if final_convolutions:
            self.head.append(nn.Conv1d(hidden, 2 * hidden, 1))
            self.head.append(ACTIVATIONS[activation]())
            self.head.append(PointwiseTransposedConvolution(2 * hidden, n_outputs, 1))
        if output_activation != "none":
            self.head.append(ACTIVATIONS[output_activation]())

    def fill_unheard(self, heard: list[int]) -> None:
        """Give subjects that were not trained with the mean of those that were, `heard`."""
        if self.subject is not None:
            fill_unheard(next(self.subject.parameters()), heard)

    def forward(
        self,
        brain: Tensor,
        subject_index: Tensor,
        layout_index: Tensor,
        dropout_centre: Tensor | None = None,
    ) -> Tensor:
        """Estimate speech features [batch, n_outputs, time] from `brain` [batch, sensors, time].

        `subject_index` and `layout_index` [batch] tell whose brain it is, and in which layout of
        `layout_positions` it was recorded. `dropout_centre` [2] is that of the spatial dropout in
        training, drawn at random if None.
        """
        signals = brain
        if self.merger is not None:
            signals = self.merger(signals, self.layout_positions, layout_index, dropout_centre)
        if self.initial_layer is not None:
            signals = self.initial_layer(signals)
        if self.subject is not None:
            signals = self.subject(signals, subject_index)
        return self.head(self.convolutions(signals))
