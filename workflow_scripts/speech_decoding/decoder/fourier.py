"""Fourier embedding of sensor positions."""

import math

import torch
from torch import Tensor

MARGIN = 0.2
"""Added on each side of the unit square, so that opposite edges of the helmet do not coincide."""


def fourier_embedding(positions: Tensor, n_harmonics: int) -> Tensor:
    """Embed `positions` [..., 2], in units of the layout's extent, as [..., 2 * n_harmonics ** 2].

    Cosines come first, then sines, of the phases 2 pi (k (x + margin) + l (y + margin)) / period,
    k and l from 0 to n_harmonics - 1 with k the slow index (protocol 5.2).
    """
    period = 1 + 2 * MARGIN
    harmonics = torch.arange(n_harmonics, dtype=positions.dtype, device=positions.device)
    # Phases reach 300 rad, where float32 rounds visibly: this order of operations is the
    # published one, to the bit.
    frequencies = 2 * math.pi * harmonics / period
    x, y = (positions + MARGIN).unbind(-1)
    phases = x[..., None, None] * frequencies[:, None] + y[..., None, None] * frequencies
    phases = phases.flatten(-2)  # [..., k, l] -> [..., k * l]
    return torch.cat([phases.cos(), phases.sin()], dim=-1)
