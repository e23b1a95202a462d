"""One eager step of every variant: against float64 on processors, and twice to the bit."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from speech_decoding.decoder.execution import prepare_device
from speech_decoding.decoder.subject_layer import fill_unheard
from tests.decoder.small_study import write_study
from tests.gpu.figures import Figure, at_most, holds
from tests.gpu.scale import Scale
from tests.gpu.variants import VARIANTS, Trial, Variant, on_host, relative_difference

LIMIT_S = 75
# All gradients together, where nothing is rounded to fewer bits than float32 has.
_LARGEST_DIFFERENCE = 1e-4
# TF32 keeps three bits more than bfloat16.
_TF32_SHARE = 1 / 6
_CPU = torch.device("cpu")


def measure(scale: Scale) -> Iterator[Figure]:
    """Train one step of each variant on the small study."""
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(Path(folder))
        for name in scale.variants:
            yield from _measure_variant(name, VARIANTS[name], study, scale.device)
    yield _fill_unheard(scale.device)


def _measure_variant(
    name: str, variant: Variant, study: Path, device: torch.device
) -> Iterator[Figure]:
    expected = on_host(Trial(variant, study, _CPU, torch.float64).update())
    half = variant.training.get("precision") == "bfloat16"
    if not half:
        prepare_device(deterministic=True, threads=None, tf32=False)
        found = on_host(Trial(variant, study, device).update())
        difference = relative_difference(found, expected)
        yield at_most(f"{name}: difference in full float32", difference, _LARGEST_DIFFERENCE)
    prepare_device(deterministic=True, threads=None, tf32=True)
    outcomes = []
    for waiting_is_an_error in (False, True):
        trial = Trial(variant, study, device)
        found = _step(trial, waiting_is_an_error and device.type == "cuda")
        outcomes.append(on_host(found | trial.validate() | trial.state()))
    gradients = {key: outcomes[0][key] for key in expected}
    difference = relative_difference(gradients, expected)
    precision, limit = ("bfloat16", 1) if half else ("TF32", _TF32_SHARE)
    yield at_most(f"{name}: difference in {precision}", difference, limit * variant.rounding)
    same = all(torch.equal(outcomes[0][key], outcomes[1][key]) for key in outcomes[0])
    yield holds(f"{name}: the same bits twice, nothing waited for", same)


def _step(trial: Trial, waiting_is_an_error: bool) -> dict[str, torch.Tensor]:
    if waiting_is_an_error:
        torch.cuda.set_sync_debug_mode("error")
    try:
        return trial.update()
    finally:
        if waiting_is_an_error:
            torch.cuda.set_sync_debug_mode("default")


def _fill_unheard(device: torch.device) -> Figure:
    expected = torch.randn(5, 6, 6, generator=torch.Generator().manual_seed(0))
    found = expected.to(device)
    for values in (expected, found):
        fill_unheard(values, [0, 2, 4])
    same = torch.allclose(found.cpu(), expected, rtol=1e-6, atol=1e-6)
    return holds("two unheard subjects are filled", same)
