"""Batch normalisation over a whole batch, however many processes share it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from speech_decoding.decoder.processes import process_count, sum_over_processes


class BatchNormalisation(nn.BatchNorm1d):
    """Batch normalisation of [batch, channels, time].

    The statistics are those of the batch as a whole, also if several processes hold a part of it
    each, so that the result does not depend on the hardware.
    """

    def forward(self, signals: Tensor) -> Tensor:
        if not self.training or process_count() == 1:
            return super().forward(signals)
        with torch.autocast(signals.device.type, enabled=False):
            return self._normalise(signals.to(self.weight.dtype)).to(signals.dtype)

    def _normalise(self, signals: Tensor) -> Tensor:
        # Sums in float64, as PyTorch's own normalisation has them on processors.
        count = signals.new_tensor([signals.shape[0] * signals.shape[2]], dtype=torch.float64)
        total = signals.sum((0, 2), dtype=torch.float64)
        count, total = sum_over_processes(torch.cat([count, total])).split([1, len(total)])
        mean = total / count
        centred = signals - mean.to(signals.dtype)[:, None]
        squares = centred.square().sum((0, 2), dtype=torch.float64)
        variance = sum_over_processes(squares) / count
        if self.track_running_stats:
            self._track(mean, variance * count / (count - 1))
        scale = self.weight * (variance + self.eps).rsqrt().to(signals.dtype)
        return centred * scale[:, None] + self.bias[:, None]

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(variance.to(self.running_var.dtype), self.momentum)


@contextmanager
def statistics_kept(module: nn.Module) -> Iterator[None]:
    """Leave the running statistics of all normalisations in `module` as they are."""
    normalisations = [part for part in module.modules() if isinstance(part, BatchNormalisation)]
    for part in normalisations:
        part.track_running_stats = False
    try:
        yield
    finally:
        for part in normalisations:
            part.track_running_stats = True
