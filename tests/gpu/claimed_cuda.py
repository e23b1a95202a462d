"""Tensors that claim to be on a GPU, on a machine that has none.

Inside `claimed_cuda()` a tensor that is put on the device "cuda" is computed by the processor, but
says that it is on the GPU and is held to what a GPU asks: an operation takes tensors of one device
only, each copy between the devices is written down, and so is each operation that waits for the
GPU, or that has no deterministic implementation there. The numbers are real, so that they can be
compared with those of the processor. Autocast is that of processors.

What it cannot tell: speed, memory, rounding, and whether the GPU's own kernels are right.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

CUDA = torch.device("cuda", 0)
CPU = torch.device("cpu")
_MEMORY = (80 * 2**30, 80 * 2**30)  # bytes, free and in all
# What is asked of the driver, which a machine without a GPU does not have.
_ANSWERS = {
    "is_available": lambda: True,
    "is_current_stream_capturing": lambda: False,
    "mem_get_info": lambda device: _MEMORY,
}

# Operations whose result depends on numbers that the host has to wait for.
WAITING = {
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "masked_select",
    "nonzero",
    "repeat_interleave.Tensor",
    "unique_consecutive",
    "unique_dim",
    "_unique2",
}
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
# Operations that PyTorch refuses on CUDA where it was told to be deterministic, by the
# documentation of torch.use_deterministic_algorithms; of cumsum, that of fractions.
NOT_DETERMINISTIC = {
    "_adaptive_avg_pool2d_backward",
    "_adaptive_avg_pool3d_backward",
    "_ctc_loss_backward",
    "_embedding_bag_backward",
    "adaptive_max_pool2d_backward",
    "adaptive_max_pool3d_backward",
    "avg_pool3d_backward",
    "bincount",
    "fractional_max_pool2d_backward",
    "fractional_max_pool3d_backward",
    "grid_sampler_2d_backward",
    "grid_sampler_3d_backward",
    "histc",
    "kthvalue",
    "max_pool3d_with_indices_backward",
    "max_unpool2d",
    "max_unpool3d",
    "median.dim",
    "multilabel_margin_loss_backward",
    "nll_loss2d_forward",
    "put_",
    "reflection_pad1d_backward",
    "reflection_pad2d_backward",
    "reflection_pad3d_backward",
    "replication_pad1d_backward",
    "replication_pad2d_backward",
    "replication_pad3d_backward",
    "resize_",
    "scatter_reduce_",
    "upsample_bicubic2d_backward",
    "upsample_bilinear2d_backward",
    "upsample_linear1d_backward",
    "upsample_trilinear3d_backward",
}


@dataclass(frozen=True)
class Upload:
    """A copy from the host to the GPU."""

    dtype: torch.dtype
    shape: torch.Size
    waits: bool


@dataclass
class Claims:
    """What happened on the GPU that is claimed."""

    uploads: list[Upload] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    not_deterministic: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Begin anew."""
        self.__init__()

    def saw(self, operation: Any, tensors: list[torch.Tensor]) -> None:
        """Write down an operation on tensors of the GPU."""
        name = operation.name().removeprefix("aten::")
        plain = name.split(".")[0]
        by_mask = f"aten::{plain}" in INDEXING and any(
            tensor.dtype == torch.bool and tensor.dim() for tensor in tensors[1:]
        )
        if by_mask or WAITING & {name, plain}:
            self.waits.append(name)
        fractions = plain == "cumsum" and tensors[0].is_floating_point()
        if fractions or NOT_DETERMINISTIC & {name, plain}:
            self.not_deterministic.add(name)


class Claimed(torch.Tensor):
    """A tensor that says it is on the GPU; PyTorch's own code takes it for one of the processor."""

    device = property(lambda self: CUDA)
    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)
    claims: Claims

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> "Claimed":
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=CPU,
            requires_grad=held.requires_grad,
        )

    def __init__(self, held: torch.Tensor):
        self.held = held.detach()

    def __repr__(self) -> str:
        return f"Claimed({self.held!r})"

    @classmethod
    def __torch_dispatch__(cls, operation, types, arguments=(), keywords=None):
        keywords = keywords or {}
        tensors = [leaf for leaf in tree_leaves((arguments, keywords)) if _is_tensor(leaf)]
        elsewhere = [t for t in tensors if not isinstance(t, Claimed) and t.dim()]
        if elsewhere and operation.name().split(".")[0] in INDEXING:  # PyTorch uploads indices
            uploads = [Upload(index.dtype, index.shape, waits=True) for index in elsewhere]
            cls.claims.uploads += uploads
        elif elsewhere:
            raise RuntimeError(f"{operation}: tensors of cuda:0 and of cpu, {elsewhere[0].shape}")
        cls.claims.saw(operation, tensors)
        held, named = tree_map_only(Claimed, lambda tensor: tensor.held, (arguments, keywords))
        result = tree_map_only(torch.Tensor, Claimed, operation(*held, **named))
        return return_and_correct_aliasing(operation, arguments, keywords, result)


class _OnClaimedDevice(TorchFunctionMode):
    """Lets functions that are told of the device "cuda" make tensors that claim to be there."""

    def __init__(self, claims: Claims):
        self._claims = claims

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        keywords = dict(keywords or {})
        keywords.pop("pin_memory", None)
        if function in (torch.Tensor.to, torch.Tensor.cpu, torch.Tensor.cuda):
            return self._move(function, *arguments, **keywords)
        if function is torch.Tensor.copy_ and _claimed(arguments[0]) != _claimed(arguments[1]):
            to_gpu = _claimed(arguments[0])
            source = self._copied(arguments[1], to_gpu, keywords.get("non_blocking", False))
            return function(arguments[0], source)
        if function in (torch.Tensor.tolist, torch.Tensor.numpy) and _claimed(arguments[0]):
            self._claims.waits.append(function.__name__)
            return function(arguments[0].held)
        if not _names_gpu(keywords.get("device")):
            return function(*arguments, **keywords)
        made = function(*arguments, **keywords | {"device": CPU})
        if function in (torch.tensor, torch.as_tensor):
            return self._copied(made, True, non_blocking=False)
        return made if _claimed(made) else Claimed(made)

    def _move(self, function, tensor, *arguments, **keywords):
        device = keywords.pop("device", None)
        if function in (torch.Tensor.cpu, torch.Tensor.cuda):
            device, arguments = CUDA if function is torch.Tensor.cuda else CPU, ()
        elif arguments and _is_tensor(arguments[0]):
            device, arguments = arguments[0].device, (arguments[0].dtype, *arguments[1:])
        elif arguments and not isinstance(arguments[0], torch.dtype):
            device, *arguments = arguments
        keywords |= dict(zip(("dtype", "non_blocking", "copy"), arguments, strict=False))
        if device is not None and _claimed(tensor) != _names_gpu(device):
            to_gpu = _names_gpu(device)
            tensor = self._copied(tensor, to_gpu, keywords.get("non_blocking", False))
        return tensor.to(**{key: value for key, value in keywords.items() if value is not None})

    def _copied(self, tensor: torch.Tensor, to_gpu: bool, non_blocking: bool) -> torch.Tensor:
        if to_gpu:
            upload = Upload(tensor.dtype, tensor.shape, waits=not non_blocking)
            self._claims.uploads.append(upload)
            return _Upload.apply(tensor)
        self._claims.waits.append("copy to the host")
        return _Download.apply(tensor)


class _Upload(torch.autograd.Function):
    @staticmethod
    def forward(context, tensor):
        return Claimed(tensor.clone())

    @staticmethod
    def backward(context, gradient):
        return gradient.held


class _Download(torch.autograd.Function):
    @staticmethod
    def forward(context, tensor):
        return tensor.held.clone()

    @staticmethod
    def backward(context, gradient):
        return Claimed(gradient)


def _is_tensor(value: object) -> bool:
    return isinstance(value, torch.Tensor)


def _claimed(value: object) -> bool:
    return isinstance(value, Claimed)


def _names_gpu(device: object) -> bool:
    return device is not None and torch.device(device).type == "cuda"


@contextmanager
def claimed_cuda() -> Iterator[Claims]:
    """Let the device "cuda" be claimed; give what happens there."""
    Claimed.claims = claims = Claims()
    autocast = torch.autocast

    def on_processor(device_type: str, *arguments: Any, **keywords: Any) -> torch.autocast:
        return autocast("cpu", *arguments, **keywords)

    overwrite = torch.__future__.get_overwrite_module_params_on_conversion()
    with ExitStack() as stack:
        stack.callback(torch.__future__.set_overwrite_module_params_on_conversion, overwrite)
        # Parameters are replaced, not given other contents, which PyTorch would take for its own.
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        stack.enter_context(mock.patch.object(torch, "autocast", on_processor))
        for name, answer in _ANSWERS.items():
            stack.enter_context(mock.patch.object(torch.cuda, name, answer))
        stack.enter_context(_OnClaimedDevice(claims))
        yield claims
