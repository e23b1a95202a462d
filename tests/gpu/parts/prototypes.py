"""Prototypes of a faster step: convolutions channels-last, one spatial map, the loss in halves.

Each computes what the decoder computes now, in another way. `prove` compares the two in full
precision at a small size; the timings tell whether the other way is worth its code.

* Convolutions: of [batch, channels, time], as now; of the same values with the channels of a sample
  side by side, as a convolution in two dimensions; and their weights' gradient as one product for
  each of the three samples that the kernel sees.
* The spatial map: attention, initial layer and subject layer are linear maps, one after the other;
  their product is one map for each pair of subject and layout.
* The loss: its product of [batch, features x time] matrices in TF32, as now, and in float16, cut
  along the long side, the parts added in float32.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from speech_decoding.decoder.convolution_stack import KERNEL_SIZE
from speech_decoding.training.execution import prepare_device
from tests.bench.clock import seconds_of
from tests.bench.full_size import FEATURES, SENSORS, SUBJECTS
from tests.gpu.figures import Figure, at_most, failed
from tests.gpu.scale import Scale

LIMIT_S = 75
_SAMPLES = 343
_DILATIONS = (1, 16)
_SLICES = 16
_VIRTUAL = 270


def measure(scale: Scale) -> Iterator[Figure]:
    """Prove each prototype, then time it beside what it would replace."""
    prepare_device(deterministic=True, threads=None, tf32=False)
    for name, difference in prove(torch.device("cpu"), torch.float64).items():
        yield at_most(f"{name}: difference in float64", difference, 1e-12)
    for name, difference in prove(scale.device, torch.float32).items():
        yield at_most(f"{name}: difference in float32 on the device", difference, 1e-5)
    for timings in (_time_convolutions, _time_spatial_maps, _time_losses):
        try:
            yield from timings(scale)
        except Exception as error:  # the others are still of interest
            yield failed(error, timings.__name__)


def prove(device: torch.device, dtype: torch.dtype) -> dict[str, float]:
    """Give the relative difference of each prototype from what it would replace."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device, dtype)

    signals, weight, gradient = random(3, 4, 40), random(6, 4, KERNEL_SIZE), random(3, 6, 40)
    differences = {}
    for dilation in _DILATIONS:
        expected = convolve(signals, weight, dilation)
        found = convolve_last(channels_last(signals), channels_last(weight), dilation)
        differences[f"convolution, dilation {dilation}"] = _difference(found[:, :, 0], expected)
        backward = convolution_gradients(signals, weight, gradient, dilation, [False, True])[1]
        found = weight_gradient(samples_first(signals), samples_first(gradient), dilation)
        differences[f"its weights' gradient, dilation {dilation}"] = _difference(found, backward)

    maps = random(2, 5, 7), random(5, 5), random(5), random(3, 5, 5)
    brain = random(6, 7, 40)
    subject, layout = (torch.arange(6, device=device) % count for count in (3, 2))
    outcomes = []
    for spatial_map in (three_maps, one_map):
        leaves = [values.clone().requires_grad_() for values in maps]
        mapped = spatial_map(brain, *leaves, subject, layout)
        weighed = (mapped * torch.linspace(0, 1, 40, device=device, dtype=dtype)).square().sum()
        gradients = torch.autograd.grad(weighed, leaves)
        outcomes.append(torch.cat([mapped.flatten(), *(g.flatten() for g in gradients)]))
    differences["the spatial map and its gradients"] = _difference(outcomes[1], outcomes[0])

    estimates, candidates = random(5, 320), random(6, 320)
    found = product_in_slices(estimates, candidates)
    differences["the loss's product"] = _difference(found, estimates @ candidates.mT)
    return differences


def _difference(found: Tensor, expected: Tensor) -> float:
    return float(((found - expected).norm() / expected.norm()).detach())


# --- convolutions


def convolve(signals: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Convolve [batch, channels, time], as the decoder does."""
    return functional.conv1d(signals, weight, padding=dilation, dilation=dilation)


def channels_last(values: Tensor) -> Tensor:
    """Give [a, b, c] as [a, b, 1, c], in memory [a, 1, c, b]."""
    return values[:, :, None].contiguous(memory_format=torch.channels_last)


def convolve_last(signals: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Convolve [batch, channels, 1, time], channels last in memory."""
    return functional.conv2d(signals, weight, padding=(0, dilation), dilation=(1, dilation))


def convolution_gradients(
    signals: Tensor, weight: Tensor, gradient: Tensor, dilation: int, wanted: list[bool]
) -> list[Tensor | None]:
    """Give the gradients of the signals and of the weights, those that are wanted."""
    flat = signals.dim() == 4
    padding = [0, dilation] if flat else [dilation]
    dilations = [1, dilation] if flat else [dilation]
    return torch.ops.aten.convolution_backward(
        gradient,
        signals,
        weight,
        None,
        [1] * len(padding),
        padding,
        dilations,
        False,
        [0] * len(padding),
        1,
        [*wanted, False],
    )[:2]


def samples_first(values: Tensor) -> Tensor:
    """Give [batch, channels, time] as [batch, time, channels], so in memory too."""
    return values.mT.contiguous()


def weight_gradient(signals: Tensor, gradient: Tensor, dilation: int) -> Tensor:
    """Give the weights' gradient [outputs, inputs, kernel] as products over shifted views.

    Parameters: signals [batch, time, inputs] and the outputs' gradient [batch, time, outputs].
    """
    # Padded, a shift by one sample is the same in all segments: one view of all of them.
    padded = functional.pad(signals, (0, 0, dilation, dilation)).flatten(0, 1)
    ending = functional.pad(gradient, (0, 0, 0, 2 * dilation)).flatten(0, 1)
    count = len(ending) - 2 * dilation
    taps = [
        ending[:count].mT @ padded[tap * dilation :][:count]  # [outputs, inputs]
        for tap in range(KERNEL_SIZE)
    ]
    return torch.stack(taps, dim=-1)


def _time_convolutions(scale: Scale) -> Iterator[Figure]:
    device, channels = scale.device, scale.channels
    shape = scale.batch, channels, _SAMPLES
    signals, gradient = (torch.randn(*shape, device=device, dtype=torch.bfloat16) for _ in range(2))
    weight = torch.randn(channels, channels, KERNEL_SIZE, device=device, dtype=torch.bfloat16)
    now = (signals, weight, gradient, convolve)
    last = (*(channels_last(values) for values in (signals, weight, gradient)), convolve_last)
    by_samples = samples_first(signals), samples_first(gradient)
    for deterministic in (True, False):
        prepare_device(deterministic=deterministic, threads=None, tf32=True)
        kind = "reproducible" if deterministic else "not reproducible"
        for dilation in _DILATIONS:
            where = f"{kind}, dilation {dilation}"
            for layout, (given, kernel, returned, forward) in (("now", now), ("last", last)):
                back = partial(convolution_gradients, given, kernel, returned, dilation)
                for name, call in (
                    ("forward", partial(forward, given, kernel, dilation)),
                    ("gradient of the signals", partial(back, [True, False])),
                    ("gradient of the weights", partial(back, [False, True])),
                ):
                    yield _milliseconds(f"{where}, channels {layout}: {name}", call, scale)
            products = partial(weight_gradient, *by_samples, dilation)
            name = f"{where}: gradient of the weights in {KERNEL_SIZE} products"
            yield _milliseconds(name, products, scale)


# --- the spatial map


def three_maps(
    brain: Tensor,
    attention: Tensor,
    initial: Tensor,
    bias: Tensor,
    subjects: Tensor,
    subject: Tensor,
    layout: Tensor,
) -> Tensor:
    """Map [batch, sensors, time] to [batch, virtual, time], one linear map after the other.

    Parameters: attention [layouts, virtual, sensors]; initial [virtual, virtual] and its bias;
    subjects [subjects, virtual in, virtual out]; subject and layout of each item [batch].
    """
    signals = functional.conv1d(attention[layout] @ brain, initial[..., None], bias)
    return subjects[subject].mT @ signals


def one_map(
    brain: Tensor,
    attention: Tensor,
    initial: Tensor,
    bias: Tensor,
    subjects: Tensor,
    subject: Tensor,
    layout: Tensor,
) -> Tensor:
    """Do the same with one map for each pair of subject and layout."""
    with torch.autocast(brain.device.type, enabled=False):
        # [subjects, layouts, virtual, sensors] -> [pairs, virtual, sensors]
        merged = (subjects.mT[:, None] @ (initial @ attention)).flatten(0, 1)
        shift = subjects.mT @ bias  # [subjects, virtual]
    pair = subject * len(attention) + layout
    return _Chosen.apply(merged, pair) @ brain + _Chosen.apply(shift, subject)[..., None]


class _Chosen(torch.autograd.Function):
    """Rows of a matrix by number, whose gradients are summed in a product, in a fixed order."""

    @staticmethod
    def forward(context: object, rows: Tensor, number: Tensor) -> Tensor:
        context.save_for_backward(number)
        context.count = len(rows)
        return rows[number]

    @staticmethod
    def backward(context: object, gradient: Tensor) -> tuple[Tensor, None]:
        (number,) = context.saved_tensors
        chosen = number == torch.arange(context.count, device=number.device)[:, None]
        summed = chosen.to(gradient.dtype) @ gradient.flatten(1)
        return summed.unflatten(1, gradient.shape[1:]), None


def _time_spatial_maps(scale: Scale) -> Iterator[Figure]:
    device, virtual = scale.device, min(_VIRTUAL, scale.channels)
    prepare_device(deterministic=True, threads=None, tf32=True)
    maps = [
        torch.randn(*shape, device=device, requires_grad=True)
        for shape in ((1, virtual, SENSORS), (virtual, virtual), (virtual,))
    ]
    maps.append(torch.randn(SUBJECTS, virtual, virtual, device=device, requires_grad=True))
    # As the store delivers them: the sensors of a sample side by side.
    brain = torch.randn(scale.batch, _SAMPLES, SENSORS, device=device).mT
    subject = torch.arange(scale.batch, device=device) % SUBJECTS
    layout = torch.zeros_like(subject)

    def back_and_forth(spatial_map: Callable[..., Tensor]) -> Callable[[], object]:
        def call() -> None:
            with torch.autocast(device.type, torch.bfloat16):
                mapped = spatial_map(brain, *maps, subject, layout)
            torch.autograd.grad(mapped, maps, torch.ones_like(mapped))

        return call

    yield _milliseconds(
        "spatial maps one after the other, launching included", back_and_forth(three_maps), scale
    )
    yield _milliseconds("one spatial map, launching included", back_and_forth(one_map), scale)


# --- the loss


def product_in_slices(estimates: Tensor, candidates: Tensor) -> Tensor:
    """Multiply [n, length] with [m, length]: [n, m], a sum of products of slices of the length."""
    cut = [values.unflatten(1, (_SLICES, -1)).transpose(0, 1) for values in (estimates, candidates)]
    return (cut[0] @ cut[1].mT).to(torch.promote_types(estimates.dtype, torch.float32)).sum(dim=0)


def _time_losses(scale: Scale) -> Iterator[Figure]:
    device = scale.device
    length = FEATURES * _SAMPLES
    estimates, candidates = (torch.randn(scale.batch, length, device=device) for _ in range(2))
    # Scores of halves stay in range: of the order of one.
    halves = [(values / length**0.25).half() for values in (estimates, candidates)]
    yield _milliseconds("product of the loss in TF32", lambda: estimates @ candidates.mT, scale)
    yield _milliseconds("product of the loss in float16", lambda: halves[0] @ halves[1].mT, scale)
    name = f"product of the loss in float16, {_SLICES} slices"
    yield _milliseconds(name, lambda: product_in_slices(*halves), scale)
    exact = estimates.double() @ candidates.double().mT / length**0.5
    for name, found in (
        ("TF32", estimates @ candidates.mT / length**0.5),
        ("float16", halves[0] @ halves[1].mT),
        (f"float16, {_SLICES} slices", product_in_slices(*halves)),
    ):
        difference = _difference(found.double(), exact)
        yield at_most(f"product of the loss in {name}: difference", difference, 2e-3)


def _milliseconds(name: str, call: Callable[[], object], scale: Scale) -> Figure:
    seconds = seconds_of(call, scale.device, warm=scale.warm, count=scale.repeats)
    return Figure(name, 1000 * seconds, "ms")
