"""Ceilings: what the card copies and multiplies at most."""

from collections.abc import Iterator

import torch

from tests.bench.clock import product_rate, seconds_of
from tests.gpu.figures import Figure
from tests.gpu.scale import Scale

LIMIT_S = 40


def measure(scale: Scale) -> Iterator[Figure]:
    """Measure rates of copies and of products of large matrices."""
    device = scale.device
    torch.set_float32_matmul_precision("high")
    values = torch.zeros(scale.copied_mib * 2**18, device=device)
    target = torch.empty_like(values)
    copy_s = seconds_of(lambda: target.copy_(values), device, warm=2, count=10)
    yield Figure("copies within the device", 2 * values.nbytes / copy_s / 1e12, "TB/s")
    for pinned in (False, True):
        if pinned and device.type == "cpu":
            continue
        source = torch.zeros(len(values), pin_memory=pinned)
        upload_s = seconds_of(lambda source=source: target.copy_(source), device, warm=1, count=2)
        name = f"uploads from {'pinned' if pinned else 'pageable'} memory"
        yield Figure(name, values.nbytes / upload_s / 1e9, "GB/s")
    for dtype, name in ((torch.bfloat16, "bfloat16"), (torch.float32, "float32 (TF32)")):
        rate = product_rate(dtype, device, size=scale.product)
        size = f"{scale.product} x {scale.product}"
        yield Figure(f"product of {size} in {name}", rate / 1e12, "TFLOP/s")
