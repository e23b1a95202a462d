"""What the decoder minimises: a contrastive loss over segments, or the error of regression."""

from typing import Annotated, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from plumbing.values import Range

EPSILON = 1e-8
MAX_LOG_SCALE = 10.0


def clip_scores(estimates: Tensor, candidates: Tensor) -> Tensor:
    """Score every candidate for every estimate, [estimates, candidates], in float32 at least.

    The score is the dot product over features and time of `estimates` [estimates, features, time]
    with `candidates` [candidates, features, time], over the norm of the candidate (protocol 6).
    A silent candidate scores 0.
    """
    with torch.autocast(estimates.device.type, enabled=False):
        candidates = _flat(candidates)
        return _flat(estimates) @ candidates.mT / _norm(candidates)


class ClipLoss(nn.Module):
    """Cross entropy of finding an estimate's own segment among the candidates (protocol 6).

    The defaults are the published loss: only candidates are normalised, no temperature, and each
    estimate chooses among the candidates but not the reverse.

    Args:
        symmetric: also let each positive candidate choose among the estimates, and take the mean.
        normalise_estimates: divide by the norms of the estimates too (cosine similarity).
        learnable_temperature: multiply the scores by exp(log_scale), a parameter, held below
            exp(10) so that the logits stay finite.
        initial_log_scale: where that parameter starts.
        mask_duplicates: leave out of an estimate's choice the other candidates that hold its
            own segment: the same audio, to the sample, heard by two subjects of a batch.
    """

    def __init__(
        self,
        *,
        symmetric: bool = False,
        normalise_estimates: bool = False,
        learnable_temperature: bool = False,
        initial_log_scale: Annotated[float, Range(least=-10, most=10)] = 5.1,
        mask_duplicates: bool = False,
    ):
        super().__init__()
        self.symmetric = symmetric
        self.normalise_estimates = normalise_estimates
        self.mask_duplicates = mask_duplicates
        self.log_scale = None
        if learnable_temperature:
            self.log_scale = nn.Parameter(torch.tensor(float(initial_log_scale)))

    def forward(
        self,
        estimates: Tensor,
        candidates: Tensor,
        segment_index: Tensor,
        scores: Tensor | None = None,
    ) -> Tensor:
        """Mean loss of `estimates` [batch, features, time], a scalar.

        The first of the `candidates` [at least batch, features, time] are the positives, in the
        order of the estimates; `segment_index` [candidates] names the segment each one holds;
        `scores` [batch, candidates] are those of `clip_scores`, where they are known already.
        Raises ValueError if there are fewer candidates than estimates.
        """
        n_estimates = len(estimates)
        if len(candidates) < n_estimates:
            raise ValueError(f"{n_estimates} estimates but only {len(candidates)} candidates")
        logits = clip_scores(estimates, candidates) if scores is None else scores
        if self.normalise_estimates:
            logits = logits / _norm(_flat(estimates))[:, None]
        if self.log_scale is not None:
            # Bounding the parameter, not its use, keeps its gradient alive at the bound.
            with torch.no_grad():
                self.log_scale.clamp_(max=MAX_LOG_SCALE)
            logits = logits * self.log_scale.exp()
        if self.mask_duplicates:
            logits = logits.masked_fill(_duplicates(segment_index, n_estimates), -torch.inf)
        positives = torch.arange(n_estimates, device=logits.device)
        loss = functional.cross_entropy(logits, positives)
        if self.symmetric:
            reverse = functional.cross_entropy(logits[:, :n_estimates].mT, positives)
            loss = (loss + reverse) / 2
        return loss


class MeanSquaredError(nn.Module):
    """Mean squared error of regression, the loss of the base model (protocol 6)."""

    def forward(
        self,
        estimates: Tensor,
        candidates: Tensor,
        segment_index: Tensor,
        scores: Tensor | None = None,
    ) -> Tensor:
        """Mean over `estimates` [batch, features, time]; called as ClipLoss is, for exchange.

        The first of the `candidates` are the targets; the other two change nothing.
        """
        targets = candidates[: len(estimates)]
        return functional.mse_loss(_precise(estimates), _precise(targets))


def build_loss(*, kind: Literal["clip", "mse"], **settings: bool) -> ClipLoss | MeanSquaredError:
    """Build the loss of that kind; `settings` are those of ClipLoss, and MSE has none."""
    return ClipLoss(**settings) if kind == "clip" else MeanSquaredError()


def _precise(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _flat(values: Tensor) -> Tensor:
    """Give [n, features, time] as [n, time * features], as they lie in memory as a rule."""
    return _precise(values).mT.flatten(1)


def _norm(vectors: Tensor) -> Tensor:
    return EPSILON + vectors.norm(dim=1)


def _duplicates(segment_index: Tensor, n_estimates: int) -> Tensor:
    # [batch, candidates]: same segment, but not the positive of this row
    same = segment_index[:n_estimates, None] == segment_index
    return same & ~torch.eye(n_estimates, len(segment_index), dtype=torch.bool, device=same.device)
