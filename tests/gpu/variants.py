"""Every way of training a decoder that the settings offer, a step at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from speech_decoding.dataset import opening
from speech_decoding.dataset.signals import Placement
from speech_decoding.dataset.store import SegmentStore
from speech_decoding.segments.windows import Window
from speech_decoding.training import experiment
from tests.training.small_study import SETTINGS, WINDOW, run_of

SEED = 3


@dataclass(frozen=True)
class Variant:
    """What differs from the small study's settings, and where the signals are held.

    rounding: how far a gradient may be from that in float64, relatively, in bfloat16; rectifiers
    switch where numbers are rounded.
    """

    decoder: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    placement: Placement = "device"
    rounding: float = 0.05


_EVERY_OPTION = {
    "kind": "clip",
    "symmetric": True,
    "normalise_estimates": True,
    "learnable_temperature": True,
    "mask_duplicates": True,
}

VARIANTS = {
    "published": Variant(),
    "bfloat16": Variant(training={"precision": "bfloat16"}),
    "every option of the loss": Variant(training={"loss": _EVERY_OPTION}),
    "regression": Variant(training={"loss": {"kind": "mse"}}),
    "groups": Variant(training={"negatives_per_group": 3}),
    "micro-batches": Variant(training={"micro_batch": 3}),
    "micro-batches in bfloat16": Variant(training={"micro_batch": 3, "precision": "bfloat16"}),
    "deep mel": Variant(training={"speech_module": "deep_mel"}, rounding=0.5),
    "deep mel in bfloat16": Variant(
        training={"speech_module": "deep_mel", "precision": "bfloat16"},
        rounding=0.5,
    ),
    "shuffled pairs": Variant(training={"pairing": "shuffled"}),
    "no clamping": Variant(training={"clamp": None}),
    "linear interpolation": Variant(training={"interpolation": "linear"}),
    "half precision storage": Variant(training={"signal_storage": "float16"}),
    "signals on the host": Variant(placement="host"),
    "no attention": Variant(decoder={"spatial_attention": False}),
    "no dropout of sensors": Variant(decoder={"spatial_dropout_radius": 0}),
    "dropout of signals": Variant(decoder={"spatial_dropout_from": "signals"}),
    "no initial layer": Variant(decoder={"initial_layer": False}),
    "subject embedding": Variant(decoder={"subject": "embedding"}),
    "no subjects": Variant(decoder={"subject": "none"}),
    "rectifier": Variant(decoder={"activation": "relu"}, rounding=0.5),
    "no gates": Variant(decoder={"glu": False}),
    "dilated gates": Variant(decoder={"glu_dilation": 2}),
    "residual before normalisation": Variant(decoder={"residual": "before_normalisation"}),
    "no residual": Variant(decoder={"residual": "none"}),
    "no final convolutions": Variant(decoder={"final_convolutions": False}),
    "activated output": Variant(decoder={"output_activation": "gelu"}),
}


class Trial:
    """A decoder of a variant, about to learn the small study on a device.

    Args:
        study: the folder of the small study.
        dtype: float64 computes everything in it, whatever the variant says of precision.
    """

    def __init__(
        self,
        variant: Variant,
        study: Path,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ):
        training = {**SETTINGS["training"], "compile": False, **variant.training}
        if dtype == torch.float64:
            training["precision"] = "float32"
        with mock.patch.object(
            opening, "SegmentStore", partial(SegmentStore, placement=variant.placement)
        ):
            store = opening.open_store(
                run_of(study),
                window=Window(**WINDOW),
                seed=SEED,
                device=device,
                **opening.data_settings(training),
            )
        decoder = {**SETTINGS["decoder"], **variant.decoder}
        self.batch_loss = experiment.build_batch_loss(
            store, seed=SEED, decoder=decoder, training=training
        )
        self._learnt = torch.nn.ModuleList([self.batch_loss.decoder, self.batch_loss.loss])
        self._learnt.to(dtype)
        if dtype == torch.float64:
            store.brain, store.speech = _in_double(store.brain), _in_double(store.speech)
        self._optimiser = torch.optim.Adam(self._learnt.parameters(), lr=3e-3, fused=True)
        self._centres = self.batch_loss.batches.centres(1).to(device).to(dtype)
        self._updates = 0

    def update(self) -> dict[str, Tensor]:
        """Make the next update; give the loss and all gradients."""
        rows = self.batch_loss.batches.of_epoch(1)[self._updates]
        self._learnt.train()
        self._optimiser.zero_grad(set_to_none=True)
        loss = self.batch_loss.gradients(rows, self._centres[self._updates])
        self._optimiser.step()
        self._updates += 1
        gradients = {
            f"gradient {name}": parameter.grad
            for name, parameter in self._learnt.named_parameters()
            if parameter.grad is not None  # but for biases that a normalisation cancels
        }
        return {"loss": loss, **gradients}

    def validate(self) -> dict[str, Tensor]:
        """Validate on one batch; give its loss and how many segments were found."""
        self._learnt.eval()
        loss, found = self.batch_loss.validate(self.batch_loss.batches.validation[0])
        return {"validation loss": loss, "found": found}

    def statistics(self) -> dict[str, Tensor]:
        """Give the running statistics of the normalisations."""
        return dict(self._learnt.named_buffers())

    def weights(self) -> dict[str, Tensor]:
        """Give what was learnt."""
        return {name: values.detach() for name, values in self._learnt.named_parameters()}


def on_host(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give copies in the host's memory."""
    return {name: tensor.detach().cpu().clone() for name, tensor in values.items()}


def relative_difference(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """Give the largest relative difference of one of the tensors, each measured as a vector.

    Raises: ValueError if the two do not hold the same tensors.
    """
    if found.keys() != expected.keys():
        raise ValueError(f"not the same: {sorted(found.keys() ^ expected.keys())}")
    return max(
        float((found[name].double() - value.double()).norm() / (value.double().norm() + 1e-30))
        for name, value in expected.items()
    )


def _in_double(cut: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda rows: cut(rows).double()
