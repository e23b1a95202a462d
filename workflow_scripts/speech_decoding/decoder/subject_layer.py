"""What the decoder learns about each subject."""

import torch
from torch import Tensor, nn


class SubjectLayer(nn.Module):
    """A linear map of the channels for each subject, without bias (protocol 5.4)."""

    def __init__(self, n_subjects: int, n_channels: int):
        super().__init__()
        self.weights = nn.Parameter(
            torch.randn(n_subjects, n_channels, n_channels) / n_channels**0.5
        )

    def forward(self, signals: Tensor, subject_index: Tensor) -> Tensor:
        """Map `signals` [batch, channels, time] of the subjects `subject_index` [batch]."""
        weights = self.weights[subject_index]  # [batch, channels in, channels out]
        return weights.mT @ signals


class SubjectEmbedding(nn.Module):
    """A learned vector for each subject, added as channels constant in time (protocol 8.5)."""

    def __init__(self, n_subjects: int, dimension: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(n_subjects, dimension)

    def forward(self, signals: Tensor, subject_index: Tensor) -> Tensor:
        """Map [batch, channels, time] to [batch, channels + dimension, time]."""
        vectors = self.embedding(subject_index)[..., None].expand(-1, -1, signals.shape[-1])
        return torch.cat([signals, vectors], dim=1)


@torch.no_grad()
def fill_unheard(of_subjects: Tensor, heard: list[int]) -> None:
    """Replace what was learnt `of_subjects` [subjects, ...] not `heard` by the mean of the others.

    A decoder can then be asked about a subject whom it was not trained with.
    """
    unheard = torch.ones(len(of_subjects), dtype=torch.bool)
    unheard[heard] = False
    of_subjects[unheard.to(of_subjects.device)] = of_subjects[heard].mean(dim=0)
