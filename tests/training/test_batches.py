"""Batches follow from the seed and the epoch alone."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from speech_decoding.training.batches import Batches

TRAINING, VALIDATION = np.arange(0, 40, 2), np.arange(1, 14, 2)


def batches(**settings):
    settings = {"seed": 1, "batch_size": 6, "updates_per_epoch": 100} | settings
    return Batches(TRAINING, VALIDATION, **settings)


@given(
    seed=st.integers(0, 99),
    epoch=st.integers(1, 99),
    batch_size=st.integers(1, 30),
    most=st.integers(1, 30),
)
def test_every_segment_at_most_once_and_all_if_allowed(seed, epoch, batch_size, most):
    made = batches(seed=seed, batch_size=batch_size, updates_per_epoch=most)
    cut = made.of_epoch(epoch)
    rows = torch.cat(cut).tolist()
    assert len(set(rows)) == len(rows) and set(rows) <= set(TRAINING)
    assert len(cut) == made.per_epoch == min(-(-len(TRAINING) // batch_size), most)
    assert all(len(part) == batch_size for part in cut[:-1])
    if made.per_epoch < most:
        assert set(rows) == set(TRAINING)
    assert set(torch.cat(made.validation).tolist()) <= set(VALIDATION)


def test_epochs_and_seeds_differ_and_repeat():
    first, again, other = batches(), batches(), batches(seed=2)
    for epoch in (1, 2, 7):
        assert all(map(torch.equal, first.of_epoch(epoch), again.of_epoch(epoch)))
        assert torch.equal(first.centres(epoch), again.centres(epoch))
    orders = [tuple(torch.cat(made.of_epoch(1)).tolist()) for made in (first, other)]
    orders.append(tuple(torch.cat(first.of_epoch(2)).tolist()))
    assert len(set(orders)) == 3
    assert not torch.equal(first.centres(1), first.centres(2))


def test_centres_lie_all_over_the_unit_square():
    centres = batches(batch_size=1).centres(1)
    many = torch.cat([batches(batch_size=1).centres(epoch) for epoch in range(1, 99)])
    assert centres.shape == (20, 2) and centres.dtype == torch.float32
    assert ((many >= 0) & (many < 1)).all()
    assert torch.allclose(many.mean(0), torch.tensor(0.5), atol=0.03)


def test_shuffled_pairs_stay_in_their_split_and_last():
    shuffled = batches(pairing="shuffled")
    for rows in (TRAINING, VALIDATION):
        partners = shuffled.partners(torch.from_numpy(rows)).numpy()
        assert set(partners) == set(rows) and (partners != rows).mean() > 0.5
        assert np.array_equal(shuffled.partners(torch.from_numpy(rows)).numpy(), partners)
    assert torch.equal(batches().partners(torch.tensor([4, 2])), torch.tensor([4, 2]))
