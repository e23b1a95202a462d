"""The loss of a batch and its gradients, in parts if the batch does not fit.

Estimates and candidates are embedded in micro-batches, by one process or by several; the loss is
that of all of them; its gradients with respect to the embeddings are kept, and lead back into the
decoder micro-batch by micro-batch. The loss thus depends neither on how the batch was cut nor on
the number of processes. Batch normalisation does: its statistics are those of a micro-batch, over
all processes. To use micro-batches is therefore a setting of the training, to use several processes
is not.
"""

from contextlib import nullcontext

import torch
from torch import Tensor, nn

from speech_decoding.dataset.store import SegmentStore
from speech_decoding.decoder.decoder import Decoder
from speech_decoding.decoder.normalisation import statistics_kept
from speech_decoding.decoder.processes import gather, process_number, shares, sum_gradients
from speech_decoding.training.batches import Batches
from speech_decoding.training.execution import Compilation, Precision, autocast, compiled
from speech_decoding.training.losses import clip_scores

MONITORED_K = 10


class BatchLoss:
    """The loss of batches of a study's segments, and its gradients.

    Args:
        decoder, loss: their parameters receive the gradients.
        store: the study's segments, on the decoder's device.
        batches: tell whose speech a segment is paired with.
        negatives_per_group: at most so many segments compete with each other; a larger batch is cut
            into groups of nearly equal size, and its loss is the mean over its segments.
        micro_batch: at most so many segments are in the decoder at a time, over all processes; None
            for whole batches.
        precision: of the decoder; the loss is computed in float32.
        compilation: whether the decoder is compiled for the largest part of a full batch.
    """

    def __init__(
        self,
        decoder: Decoder,
        loss: nn.Module,
        store: SegmentStore,
        batches: Batches,
        *,
        negatives_per_group: int,
        micro_batch: int | None = None,
        precision: Precision = "float32",
        compilation: Compilation = False,
    ):
        self.decoder = decoder
        self.loss = loss
        self._store = store
        self.batches = batches
        self._group = negatives_per_group
        self._micro_batch = micro_batch
        self._precision = precision
        largest = self._own(self._cut(torch.empty(batches.largest))[0])
        self._brain, self._speech = (
            compiled(module, compilation, store.device, batch_size=len(largest))
            for module in (decoder.brain, decoder.speech)
        )

    def gradients(self, rows: Tensor, dropout_centre: Tensor) -> Tensor:
        """Add the gradients of the batch `rows` [batch] to the parameters; give its loss."""
        parts = self._cut(rows)
        whole = len(parts) == 1
        first_pass = nullcontext() if whole else statistics_kept(self.decoder)
        with torch.set_grad_enabled(whole), first_pass:
            embedded = [self._embed(part, dropout_centre) for part in parts]
        leaves = self._join(parts, embedded)
        for leaf in leaves:
            leaf.requires_grad_()
        loss = self._mean_loss(rows, *self._with_candidates(rows, leaves))
        loss.backward()
        sizes = [len(part) for part in parts]
        pieces = zip(*(leaf.grad.split(sizes) for leaf in leaves), strict=True)
        for part, outputs, gradients in zip(parts, embedded, pieces, strict=True):
            if not whole:
                outputs = self._embed(part, dropout_centre)
            own = shares(len(part))[process_number()]
            torch.autograd.backward(outputs, [gradient[own] for gradient in gradients])
        sum_gradients(self.decoder.parameters())
        return loss.detach()

    @torch.no_grad()
    def validate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Give the loss of a batch and how many of its segments are among the ten best in it."""
        parts = self._cut(rows)
        leaves = self._join(parts, [self._embed(part, None) for part in parts])
        estimates, candidates = self._with_candidates(rows, leaves)
        scores = clip_scores(estimates, candidates)
        own = scores.diagonal()[:, None]
        found = ((scores > own).sum(dim=1) < MONITORED_K) & own[:, 0].isfinite()
        return self._mean_loss(rows, estimates, candidates, scores), found.sum()

    def _cut(self, rows: Tensor) -> tuple[Tensor, ...]:
        size = self._micro_batch or len(rows)
        return rows.tensor_split(-(-len(rows) // size))

    def _own(self, part: Tensor) -> Tensor:
        """Give this process's share of a micro-batch."""
        return part[shares(len(part))[process_number()]]

    def _embed(self, rows: Tensor, dropout_centre: Tensor | None) -> tuple[Tensor, ...]:
        """Embed this process's share of `rows`: estimates and, if they are learnt, candidates."""
        store = self._store
        own = self._own(rows)
        index = own.to(store.device, non_blocking=True)
        subjects, layouts = store.subject_index[index], store.layout_index[index]
        with autocast(store.device, self._precision):
            estimates = self._brain(store.brain(own), subjects, layouts, dropout_centre)
            if not self.decoder.learns_speech:
                return (estimates,)
            return estimates, self._speech(store.speech(self.batches.partners(own)))

    def _join(self, parts: tuple[Tensor, ...], embedded: list[tuple[Tensor, ...]]) -> list[Tensor]:
        """Put what was embedded together, of all micro-batches and processes, without gradient."""
        joined = []
        for column in zip(*embedded, strict=True):
            pieces = [gather(own, len(part)) for own, part in zip(column, parts, strict=True)]
            joined.append(pieces[0] if len(pieces) == 1 else torch.cat(pieces))
        return joined

    def _with_candidates(self, rows: Tensor, joined: list[Tensor]) -> list[Tensor]:
        """Give estimates and candidates of a batch; candidates that are not learnt are cut here."""
        if self.decoder.learns_speech:
            return joined
        return [*joined, self._store.speech(self.batches.partners(rows))]

    def _mean_loss(
        self, rows: Tensor, estimates: Tensor, candidates: Tensor, scores: Tensor | None = None
    ) -> Tensor:
        """Give the mean over segments of the loss, each group of segments for itself.

        `scores` [rows, rows] are those of the whole batch, where they are known already.
        """
        index = self.batches.partners(rows).to(self._store.device, non_blocking=True)
        segments = self._store.segment_index[index]
        count = -(-len(rows) // self._group)
        total, first = 0, 0
        for part in rows.tensor_split(count):
            group = slice(first, first + len(part))
            known = None if scores is None else scores[group, group]
            loss = self.loss(estimates[group], candidates[group], segments[group], known)
            total = total + loss * (len(part) / len(rows))
            first = group.stop
        return total
