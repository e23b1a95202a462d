import pytest
import torch

from speech_decoding.decoder.merger import ChannelMerger


@pytest.fixture
def published(golden):
    return golden("channel_merger")


@pytest.fixture
def merger(published):
    merger = ChannelMerger(12, n_harmonics=12)
    merger.load_state_dict({"heads": published["merger.heads"]})
    return merger


@pytest.fixture
def positions():
    return torch.rand(3, 40, 2, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("mode", ["", "train_"])
def test_equals_the_published_merger(merger, published, mode):
    centre = published["merger.train_centre"] if mode else None
    weights = merger.weights(published["positions"], centre)
    torch.testing.assert_close(weights, published[f"merger.{mode}weights"], rtol=0, atol=1e-5)
    out = weights @ published["meg"]
    torch.testing.assert_close(out, published[f"merger.{mode}out"], rtol=0, atol=1e-5)


def test_items_are_merged_by_the_layout_they_name(merger, positions):
    merger.eval()
    brain = torch.randn(5, 40, 7)
    layout_index = torch.tensor([2, 0, 2, 1, 1])
    merged = merger(brain, positions, layout_index)
    for item, layout in enumerate(layout_index):
        alone = merger.weights(positions[layout][None])[0] @ brain[item]
        torch.testing.assert_close(merged[item], alone)


def test_sensors_of_unknown_position_weigh_nothing(merger, positions):
    weights = merger.weights(positions[:, :30])
    positions[:, 30:] = -0.1
    filled = merger.weights(positions)
    assert (filled[..., 30:] == 0).all()
    torch.testing.assert_close(filled[..., :30], weights)


def test_dropout_spares_exactly_the_sensors_beyond_its_radius(merger, positions):
    centre = torch.tensor([0.4, 0.6])
    near = (positions - centre).square().sum(-1).sqrt() <= 0.2
    assert near.any(1).all()
    weights = merger.weights(positions, centre)
    assert torch.equal(weights == 0, near[:, None].expand_as(weights))
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 12))


def test_dropout_from_signals_leaves_the_other_weights_as_they_were(positions):
    merger = ChannelMerger(6, dropout_from="signals")
    centre = torch.tensor([0.4, 0.6])
    near = ((positions - centre).norm(dim=-1) <= 0.2)[:, None]
    expected = torch.where(near, 0, merger.weights(positions))
    assert torch.equal(merger.weights(positions, centre), expected)


def test_one_centre_per_batch_comes_from_the_seed(merger, positions):
    brain, layout_index = torch.eye(40).repeat(4, 1, 1), torch.zeros(4, dtype=torch.int64)

    def merged(seed):
        torch.manual_seed(seed)
        return merger(brain, positions, layout_index)

    assert torch.equal(merged(3), merged(3))
    assert not torch.equal(merged(3), merged(4))
    assert torch.equal(merged(3)[0], merged(3)[1])


@pytest.mark.parametrize("change", ["eval", "no radius"])
def test_no_dropout_in_evaluation_or_without_a_radius(merger, positions, change):
    if change == "eval":
        merger.eval()
    else:
        merger.dropout_radius = 0
    merged = merger(torch.eye(40)[None], positions, torch.tensor([1]))
    assert torch.equal(merged[0], merger.weights(positions)[1])


def test_a_layout_without_a_usable_sensor_stays_finite(merger):
    weights = merger.weights(torch.full((1, 5, 2), -0.1))
    weights.sum().backward()
    assert weights.isfinite().all() and merger.heads.grad.isfinite().all()


def test_weights_keep_full_precision_under_autocast(merger, positions):
    with torch.autocast("cpu", torch.bfloat16):
        mixed = merger.weights(positions)
    assert torch.equal(mixed, merger.weights(positions))


def test_unknown_kind_of_dropout_is_refused():
    with pytest.raises(ValueError, match="weights"):
        ChannelMerger(2, dropout_from="weights")
