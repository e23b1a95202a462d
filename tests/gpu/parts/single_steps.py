"""One eager step of every variant: against float64 on processors, and twice to the bit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from speech_decoding.decoder.subject_layer import fill_unheard
from speech_decoding.training.execution import prepare_device
from tests.gpu.figures import Figure, at_most, failed, holds
from tests.gpu.scale import Scale
from tests.gpu.variants import VARIANTS, Trial, Variant, on_host, relative_difference
from tests.training.small_study import write_study

LIMIT_S = 75
# Where nothing is rounded to fewer bits than float32 has; a bias behind a normalisation has hardly
# any gradient, and is the worst.
_LARGEST_DIFFERENCE = 5e-4
# TF32 keeps three bits more than bfloat16.
_TF32_SHARE = 0.4
_CPU = torch.device("cpu")


def measure(scale: Scale) -> Iterator[Figure]:
    """Validate, and train one step, with each variant on the small study."""
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(Path(folder))
        for name in scale.variants:
            try:
                yield from _measure_variant(name, VARIANTS[name], study, scale.device)
            except Exception as error:  # the other variants are still of interest
                yield failed(error, name)
    yield _fill_unheard(scale.device)


def _measure_variant(
    name: str, variant: Variant, study: Path, device: torch.device
) -> Iterator[Figure]:
    expected = _outcome(Trial(variant, study, _CPU, torch.float64))
    half = variant.training.get("precision") == "bfloat16"
    if not half:
        prepare_device(deterministic=True, threads=None, tf32=False)
        difference = relative_difference(_outcome(Trial(variant, study, device)), expected)
        yield at_most(f"{name}: difference in full float32", difference, _LARGEST_DIFFERENCE)
    prepare_device(deterministic=True, threads=None, tf32=True)
    first = Trial(variant, study, device)
    found = _outcome(first)
    precision, limit = ("bfloat16", 1) if half else ("TF32", _TF32_SHARE)
    difference = relative_difference(found, expected)
    yield at_most(f"{name}: difference in {precision}", difference, limit * variant.rounding)
    second = Trial(variant, study, device)
    with _synchronising_refused(device):
        on_device = second.validate() | second.update()
    again = on_host(on_device | second.statistics() | second.weights())
    found |= on_host(first.weights())
    same = all(torch.equal(found[key], again[key]) for key in found)
    yield holds(f"{name}: the same bits twice, without a synchronising call", same)


def _outcome(trial: Trial) -> dict[str, torch.Tensor]:
    """Give loss, gradients and statistics of a step, and the validation loss before it."""
    values = {"validation loss": trial.validate()["validation loss"]}
    return on_host(values | trial.update() | trial.statistics())


@contextmanager
def _synchronising_refused(device: torch.device) -> Iterator[None]:
    """Let PyTorch raise an error where the host waits for the GPU."""
    if device.type != "cuda":
        yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def _fill_unheard(device: torch.device) -> Figure:
    expected = torch.randn(5, 6, 6, generator=torch.Generator().manual_seed(0))
    found = expected.to(device)
    for values in (expected, found):
        fill_unheard(values, [0, 2, 4])
    same = torch.allclose(found.cpu(), expected, rtol=1e-6, atol=1e-6)
    return holds("two unheard subjects are filled", same)
