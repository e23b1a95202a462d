"""Spatial attention: sensors of any layout become the same virtual channels."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

# Added on each side of the unit square, so that opposite edges of the helmet do not coincide.
_MARGIN = 0.2


class ChannelMerger(nn.Module):
    """Mix the sensors into virtual channels, with weights that depend on sensor positions alone.

    In training, the sensors within `dropout_radius` of a random centre are dropped, one centre for
    the whole batch; a radius of 0 drops none. They are dropped from the "scores", before the
    softmax, so that the remaining weights still sum to one (protocol 5.2), or from the "signals",
    after it (protocol 5.8).
    """

    def __init__(
        self,
        n_virtual_channels: int,
        *,
        n_harmonics: int = 32,
        dropout_radius: float = 0.2,
        dropout_from: Literal["scores", "signals"] = "scores",
    ):
        super().__init__()
        if dropout_from not in ("scores", "signals"):
            raise ValueError(f"dropout_from is scores or signals, not {dropout_from!r}")
        self.n_harmonics = n_harmonics
        self.dropout_radius = dropout_radius
        self.dropout_from = dropout_from
        dimension = 2 * n_harmonics**2
        self.heads = nn.Parameter(torch.randn(n_virtual_channels, dimension) / dimension**0.5)

    def weights(self, positions: Tensor, dropout_centre: Tensor | None = None) -> Tensor:
        """Weight of each sensor in each virtual channel, [layouts, virtual channels, sensors].

        `positions` [layouts, sensors, 2] lie in [0, 1]; a negative coordinate marks a sensor whose
        position is unknown, or a filling place, and which therefore weighs nothing.
        `dropout_centre` [2] is the centre of the disc of dropped sensors, or None.
        """
        # Phases reach hundreds of radians: half precision would blur them beyond use.
        with torch.autocast(positions.device.type, enabled=False):
            # [virtual, dimension] @ [layouts, dimension, sensors]
            scores = self.heads @ fourier_embedding(positions, self.n_harmonics).mT
            unknown = (positions < 0).any(-1)
            if dropout_centre is None:
                return _masked_softmax(scores, unknown)
            dropped = (positions - dropout_centre).norm(dim=-1) <= self.dropout_radius
            if self.dropout_from == "scores":
                return _masked_softmax(scores, unknown | dropped)
            return _masked_softmax(scores, unknown).masked_fill(dropped[:, None], 0)

    def forward(
        self,
        brain: Tensor,
        positions: Tensor,
        layout_index: Tensor,
        dropout_centre: Tensor | None = None,
    ) -> Tensor:
        """Map `brain` [batch, sensors, time] to [batch, virtual channels, time].

        `positions` [layouts, sensors, 2] holds each distinct layout once, and `layout_index`
        [batch] tells which of them an item was recorded with. `dropout_centre` [2] is used in
        training alone, and drawn at random if None.
        """
        if not self.training or self.dropout_radius == 0:
            dropout_centre = None
        elif dropout_centre is None:
            dropout_centre = torch.rand(2, device=positions.device)
        return self.weights(positions, dropout_centre)[layout_index] @ brain


def _masked_softmax(scores: Tensor, masked: Tensor) -> Tensor:
    # The lowest finite number rather than -inf: the weights are the same, and a layout of which
    # every sensor is masked gives equal weights instead of NaN.
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(masked[:, None], lowest).softmax(-1)


def fourier_embedding(positions: Tensor, n_harmonics: int) -> Tensor:
    """Embed `positions` [..., 2], in units of the layout's extent, as [..., 2 * n_harmonics ** 2].

    Cosines come first, then sines, of the phases 2 pi (k (x + margin) + l (y + margin)) / period,
    k and l from 0 to n_harmonics - 1 with k the slow index (protocol 5.2).
    """
    period = 1 + 2 * _MARGIN
    harmonics = torch.arange(n_harmonics, dtype=positions.dtype, device=positions.device)
    # Phases reach 300 rad, where float32 rounds visibly: this order of operations is the
    # published one, to the bit.
    frequencies = 2 * math.pi * harmonics / period
    x, y = (positions + _MARGIN).unbind(-1)
    phases = x[..., None, None] * frequencies[:, None] + y[..., None, None] * frequencies
    phases = phases.flatten(-2)  # [..., k, l] -> [..., k * l]
    return torch.cat([phases.cos(), phases.sin()], dim=-1)
