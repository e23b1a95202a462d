import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from speech_decoding.training.losses import ClipLoss, MeanSquaredError, clip_scores

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 9)


def segments(seed, n_estimates, n_candidates, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    shape = (3, 5)
    estimates = torch.randn(n_estimates, *shape, generator=generator, dtype=torch.float64)
    candidates = torch.randn(n_candidates, *shape, generator=generator, dtype=torch.float64)
    return estimates * scale, candidates


def distinct(candidates):
    return torch.arange(len(candidates))


# --- the published loss


@pytest.mark.parametrize("case", ["square", "extra_negatives", "bigger", "zero"])
def test_equals_the_published_loss(golden, case):
    values = golden("clip_loss")
    estimates = values[f"{case}.est"].requires_grad_()
    candidates = values[f"{case}.cand"].requires_grad_()

    scores = clip_scores(estimates, candidates)
    torch.testing.assert_close(scores, values[f"{case}.scores"], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(scores.softmax(1), values[f"{case}.probs"], rtol=1e-9, atol=1e-9)
    loss = ClipLoss()(estimates, candidates, distinct(candidates))
    torch.testing.assert_close(loss, values[f"{case}.loss"], rtol=1e-9, atol=1e-9)

    if case != "zero":
        loss.backward()
        for ours, name in ((estimates, "grad_est"), (candidates, "grad_cand")):
            torch.testing.assert_close(ours.grad, values[f"{case}.{name}"], rtol=1e-9, atol=1e-9)
        loss = ClipLoss()(estimates.float(), candidates.float(), distinct(candidates))
        torch.testing.assert_close(loss, values[f"{case}.loss32"], rtol=1e-5, atol=1e-5)


def test_known_value():
    estimates = torch.tensor([[[1.0, 0.0]], [[0.0, 2.0]]])
    candidates = torch.tensor([[[3.0, 4.0]], [[0.0, 5.0]]])
    expected = torch.tensor([[0.6, 0.0], [1.6, 2.0]])
    torch.testing.assert_close(clip_scores(estimates, candidates), expected)
    loss = ClipLoss()(estimates, candidates, torch.arange(2))
    assert loss.item() == pytest.approx(0.475252, abs=1e-6)


# --- properties


@settings(deadline=None)
@given(seed=seeds, n_estimates=sizes, n_extra=st.integers(0, 5), scale=st.floats(0.1, 1e3))
def test_scores_ignore_the_scale_of_candidates_alone(seed, n_estimates, n_extra, scale):
    estimates, candidates = segments(seed, n_estimates, n_estimates + n_extra)
    scores = clip_scores(estimates, candidates)
    torch.testing.assert_close(clip_scores(estimates, candidates * scale), scores)
    torch.testing.assert_close(clip_scores(estimates * scale, candidates), scores * scale)
    cosines = functional.cosine_similarity(
        estimates.flatten(1)[:, None], candidates.flatten(1), dim=2
    )
    torch.testing.assert_close(
        ClipLoss(normalise_estimates=True)(estimates * scale, candidates, distinct(candidates)),
        functional.cross_entropy(cosines, torch.arange(n_estimates)),
    )


@pytest.mark.parametrize("normalise_estimates", [True, False])
def test_scores_that_are_known_need_not_be_computed(normalise_estimates):
    estimates, candidates = segments(5, 4, 6)
    loss = ClipLoss(normalise_estimates=normalise_estimates)
    index = distinct(candidates)
    scores = clip_scores(estimates, candidates)
    known = loss(estimates, torch.full_like(candidates, torch.nan), index, scores)
    assert torch.equal(known, loss(estimates, candidates, index))


@settings(deadline=None)
@given(seed=seeds, n_estimates=sizes, n_extra=st.integers(0, 5))
def test_order_of_the_negatives_does_not_matter(seed, n_estimates, n_extra):
    estimates, candidates = segments(seed, n_estimates, n_estimates + n_extra)
    loss = ClipLoss()(estimates, candidates, distinct(candidates))
    turned = torch.cat([candidates[:n_estimates], candidates[n_estimates:].flip(0)])
    torch.testing.assert_close(ClipLoss()(estimates, turned, distinct(turned)), loss)


@settings(deadline=None)
@given(n_estimates=sizes, n_extra=st.integers(0, 5))
def test_estimates_that_say_nothing_cost_as_much_as_a_guess(n_estimates, n_extra):
    estimates, candidates = segments(0, n_estimates, n_estimates + n_extra, scale=0)
    loss = ClipLoss()(estimates, candidates, distinct(candidates))
    assert loss.item() == pytest.approx(math.log(n_estimates + n_extra), abs=1e-12)


@settings(deadline=None)
@given(
    seed=seeds,
    n_estimates=sizes,
    scale=st.sampled_from([0.0, 1e-6, 1.0, 1e4, 1e12]),
    silent=st.booleans(),
    symmetric=st.booleans(),
    normalise_estimates=st.booleans(),
    learnable_temperature=st.booleans(),
    mask_duplicates=st.booleans(),
)
def test_loss_and_gradients_stay_finite(seed, n_estimates, scale, silent, **options):
    estimates, candidates = segments(seed, n_estimates, n_estimates + 1, scale=scale)
    estimates = estimates.float().requires_grad_()
    candidates = candidates.float()
    if silent:
        candidates[::2] = 0
    candidates.requires_grad_()
    loss = ClipLoss(**options)(estimates, candidates, torch.arange(n_estimates + 1) // 2)
    loss.backward()
    assert loss.isfinite() and loss >= 0
    assert estimates.grad.isfinite().all() and candidates.grad.isfinite().all()


@settings(deadline=None)
@given(seed=seeds, names=st.lists(st.integers(0, 3), min_size=1, max_size=8), extra=sizes)
def test_masked_duplicates_leave_the_choice_among_other_segments(seed, names, extra):
    estimates, candidates = segments(seed, len(names), len(names) + extra)
    names = names + list(range(extra))
    scores = clip_scores(estimates, candidates)
    costs = []
    for row, name in enumerate(names[: len(estimates)]):
        others = [column for column in range(len(names)) if names[column] != name]
        costs.append(scores[row, [row, *others]].logsumexp(0) - scores[row, row])
    loss = ClipLoss(mask_duplicates=True)(estimates, candidates, torch.tensor(names))
    torch.testing.assert_close(loss, torch.stack(costs).mean())
    assert loss <= ClipLoss()(estimates, candidates, torch.tensor(names)) + 1e-12


@settings(deadline=None)
@given(seed=seeds, n_segments=sizes)
def test_symmetric_loss_is_the_mean_of_both_directions(seed, n_segments):
    estimates, candidates = segments(seed, n_segments, n_segments)
    index = distinct(candidates)
    logits = clip_scores(estimates, candidates)
    both = (functional.cross_entropy(logits, index) + functional.cross_entropy(logits.T, index)) / 2
    torch.testing.assert_close(ClipLoss(symmetric=True)(estimates, candidates, index), both)


# --- options


def test_learned_temperature_multiplies_the_scores():
    estimates, candidates = segments(3, 4, 6)
    loss = ClipLoss(learnable_temperature=True, initial_log_scale=math.log(2))
    expected = ClipLoss()(2 * estimates, candidates, distinct(candidates))
    torch.testing.assert_close(
        loss(estimates, candidates, distinct(candidates)), expected, rtol=1e-6, atol=1e-6
    )


def test_learned_temperature_is_bounded_and_can_come_back():
    estimates, candidates = segments(3, 4, 6)
    loss = ClipLoss(normalise_estimates=True, learnable_temperature=True, initial_log_scale=50)
    loss(estimates, candidates, distinct(candidates)).backward()
    assert loss.log_scale.item() == 10
    assert loss.log_scale.grad > 0  # random estimates are better told with less confidence


def test_published_loss_has_no_parameters():
    assert list(ClipLoss().parameters()) == []


def test_fewer_candidates_than_estimates_are_refused():
    estimates, candidates = segments(0, 4, 3)
    with pytest.raises(ValueError, match="4 estimates but only 3 candidates"):
        ClipLoss()(estimates, candidates, distinct(candidates))


def test_scores_keep_full_precision_under_autocast():
    estimates, candidates = (values.float() for values in segments(0, 4, 6))
    with torch.autocast("cpu", torch.bfloat16):
        mixed = clip_scores(estimates, candidates)
        from_half = clip_scores(estimates.bfloat16(), candidates.bfloat16())
    assert torch.equal(mixed, clip_scores(estimates, candidates))
    assert from_half.dtype == torch.float32


def test_mean_squared_error_regards_the_positives_alone():
    estimates, candidates = segments(0, 4, 6)
    loss = MeanSquaredError()(estimates, candidates, distinct(candidates))
    pairs = zip(estimates.flatten().tolist(), candidates[:4].flatten().tolist(), strict=True)
    assert loss.item() == pytest.approx(sum((a - b) ** 2 for a, b in pairs) / (4 * 3 * 5))


def test_loss_compiles_as_one_graph():
    estimates, candidates = segments(0, 4, 6)
    loss = ClipLoss(symmetric=True, learnable_temperature=True, mask_duplicates=True)
    inputs = estimates, candidates, torch.tensor([0, 1, 0, 2, 3, 1])
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*inputs), loss(*inputs))
