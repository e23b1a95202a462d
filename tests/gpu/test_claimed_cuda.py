"""On a GPU that is claimed: nothing waits, nothing is refused, and only row numbers travel."""

import pandas as pd
import pytest
import torch

from speech_decoding.decoder.subject_layer import fill_unheard
from speech_decoding.evaluation.trained import open_trained
from speech_decoding.training.execution import prepare_device
from tests.gpu.claimed_cuda import CPU, CUDA, claimed_cuda
from tests.gpu.small_training import ask, train
from tests.gpu.variants import VARIANTS, Trial, on_host, relative_difference
from tests.training.small_study import run_of

# Row numbers of the brain's windows, of their first samples, of the subjects and of the speech.
UPLOADS_PER_PART, UPLOADS_PER_LOSS = 4, 2


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_trained_and_validated(study, name):
    variant = VARIANTS[name]
    on_processor = Trial(variant, study, CPU)
    with claimed_cuda() as claims:
        trial = Trial(variant, study, CUDA)
        trial.update(), on_processor.update()
        claims.forget()
        found = trial.update()
        uploads = claims.uploads.copy()
        found |= trial.validate() | trial.statistics() | trial.weights()
        waits, refused = claims.waits.copy(), claims.not_deterministic.copy()
        found = on_host(found)
    expected = on_processor.update() | on_processor.validate()
    expected |= on_processor.statistics() | on_processor.weights()
    assert relative_difference(found, on_host(expected)) <= 1e-5
    assert waits == []
    assert refused == set()
    assert not any(upload.waits for upload in uploads)
    windows = [upload for upload in uploads if len(upload.shape) > 1]
    rows = [upload for upload in uploads if len(upload.shape) == 1]
    parts = 3 if "micro-batches" in name else 1
    assert all(upload.dtype == torch.int64 for upload in rows)
    assert len(rows) <= UPLOADS_PER_PART * (2 * parts if parts > 1 else 1) + UPLOADS_PER_LOSS
    assert len(windows) == (1 if name == "signals on the host" else 0)


def test_the_published_step_uploads_six_times_and_no_more(study):
    with claimed_cuda() as claims:
        trial = Trial(VARIANTS["published"], study, CUDA)
        trial.update()
        claims.forget()
        trial.update()
        assert len(claims.uploads) == UPLOADS_PER_PART + UPLOADS_PER_LOSS
        claims.forget()
        trial.validate()
        assert len(claims.uploads) == UPLOADS_PER_PART + UPLOADS_PER_LOSS


def test_evaluation_and_controls_give_what_they_give_on_a_processor(
    study, tmp_path, torch_as_it_was
):
    run = run_of(study, "asked")
    assert train(run) == 0
    expected, expected_controls = ask(run, "cpu")
    with claimed_cuda() as claims:
        found, controls = ask(run, "cuda")
    assert claims.not_deterministic == set()
    pd.testing.assert_frame_equal(found, expected)
    assert controls == expected_controls
    assert all(controls.values())  # none was left out


def test_evaluation_computes_in_full_float32_and_reproducibly(study, tmp_path, torch_as_it_was):
    run = run_of(study, "asked")
    assert train(run) == 0
    prepare_device(deterministic=False, threads=None, tf32=True)
    open_trained(run, device="cpu", threads=1)
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.allow_tf32 and torch.backends.cudnn.deterministic
    assert torch.are_deterministic_algorithms_enabled()


def test_unheard_subjects_are_filled():
    filled = torch.arange(24.0).reshape(4, 3, 2)
    expected = filled.clone()
    fill_unheard(expected, [0, 2])
    with claimed_cuda() as claims:
        of_subjects = filled.to("cuda")
        fill_unheard(of_subjects, [0, 2])
        assert claims.not_deterministic == set()
        assert torch.equal(of_subjects.cpu(), expected)


# --- what is claimed is held to


@pytest.mark.parametrize(
    "wait",
    [
        lambda values: values.sum().item(),
        lambda values: float(values[0]),
        lambda values: bool(values[0] > 0),
        lambda values: values.tolist(),
        lambda values: values.cpu(),
        lambda values: values[values > 0],
        lambda values: values.nonzero(),
        lambda values: torch.zeros(4).copy_(values),
    ],
)
def test_what_waits_for_the_gpu_is_seen(wait):
    with claimed_cuda() as claims:
        wait(torch.ones(4, device="cuda"))
    assert claims.waits


def test_what_is_not_deterministic_is_seen():
    with claimed_cuda() as claims:
        values = torch.rand(1, 2, 6, device="cuda", requires_grad=True)
        torch.nn.functional.interpolate(values, size=9, mode="linear").sum().backward()
        values.detach().cumsum(0)
    assert claims.not_deterministic == {"upsample_linear1d_backward", "cumsum"}


def test_tensors_of_two_devices_are_refused():
    with claimed_cuda(), pytest.raises(RuntimeError, match="of cuda:0 and of cpu"):
        torch.ones(3, device="cuda") + torch.ones(3)


@pytest.mark.parametrize("non_blocking", [True, False])
def test_uploads_are_written_down(non_blocking):
    with claimed_cuda() as claims:
        torch.arange(3).to("cuda", non_blocking=non_blocking)
        torch.ones(2, device="cuda")  # is made there
    (upload,) = claims.uploads
    assert (upload.dtype, upload.shape) == (torch.int64, (3,))
    assert upload.waits is not non_blocking


def test_nothing_of_it_is_left_behind():
    with claimed_cuda():
        assert torch.ones(1, device="cuda").device.type == "cuda"
    assert torch.ones(1).device.type == "cpu"
    with torch.autocast("cpu", torch.bfloat16):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
