"""How the decoder is computed: device, precision, compilation, reproducibility."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Literal

import torch
from torch import Tensor, nn
from torch._functorch import config as functorch_config

from plumbing.errors import InputError
from speech_decoding.decoder.processes import process_count, process_number

# Numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4

Precision = Literal["float32", "bfloat16"]
Compilation = Literal["auto", True, False]


def choose_device(device: str) -> torch.device:
    """Give the device named "cpu" or "cuda"; "auto" is the GPU if there is one.

    Raises: InputError if a GPU is asked for and there is none that PyTorch can use.
    """
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise InputError(
            "training.device",
            expected="a GPU that PyTorch can use, as the setting 'cuda' says",
            found="none",
            consequence="nothing was trained",
            next_step="check the driver with nvidia-smi, or set the device to auto or cpu",
        )
    return torch.device("cuda" if there and device != "cpu" else "cpu")


def describe_device(device: torch.device) -> str:
    """Say in words what computes."""
    count = process_count()
    if device.type == "cuda":
        return f"{count} x {torch.cuda.get_device_name(device)}"
    return f"{count * torch.get_num_threads()} processor cores, no GPU"


def prepare_device(*, deterministic: bool, threads: int | None, tf32: bool) -> None:
    """Set PyTorch up for this process.

    Parameters: deterministic, whether two runs on one machine give the same bits; threads,
    processor cores shared by all processes, None for all; tf32, whether a GPU may round what
    float32 products and convolutions take to the 10 bits of its TF32 units.
    """
    if threads:
        torch.set_num_threads(max(1, threads // process_count()))
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cudnn.deterministic = deterministic
    _prepare_memory()
    # cuBLAS reads this when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    # A guard against reading memory before it is written, which costs a pass over each new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False


def _prepare_memory() -> None:
    """Let this process hold large tensors of processors in large pages, and use them again.

    A step on processors is then some 15 % faster. To be called before PyTorch first needs memory;
    the pages are those that the system lends on request, and only glibc knows how to keep them.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[None]:
    """Give the context in which a decoder runs: products in bfloat16, or all in float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def compiled(
    module: nn.Module, compilation: Compilation, device: torch.device, *, batch_size: int
) -> Callable[..., Tensor]:
    """Give `module` compiled for training on `batch_size` segments, or as it is.

    "auto" compiles on a single GPU. On processors, convolutions take most of the time and are the
    same compiled or not; between processes, batch statistics are exchanged inside the module. What
    cannot be compiled - no compiler on the machine, as a rule - runs as it is, and says so.
    """
    if compilation == "auto":
        compilation = device.type == "cuda" and process_count() == 1
    return _Compiled(module, batch_size) if compilation else module


class _Compiled:
    """Calls a module's compiled version where gradients of a full batch are asked for.

    To compile takes a minute for every size of a batch, with and without gradients: validation and
    the last batch of an epoch, which are few, run as they are.
    """

    def __init__(self, module: nn.Module, batch_size: int):
        self._module = module
        self._batch_size = batch_size
        self._call: Callable[..., Tensor] | None = None

    def __call__(self, signals: Tensor, *others: Tensor) -> Tensor:
        if len(signals) != self._batch_size or not torch.is_grad_enabled():
            return self._module(signals, *others)
        # By default the backward pass, too, is compiled to multiply in the precision of autocast.
        with functorch_config.patch(backward_pass_autocast="off"):
            if self._call is None:
                self._call = self._compile(signals, *others)
            return self._call(signals, *others)

    def _compile(self, *arguments: Tensor) -> Callable[..., Tensor]:
        """Compile both passes, and try them; give the module itself where either fails.

        The backward pass is compiled when it is first asked for, and would fail only then.
        """
        call = torch.compile(self._module, dynamic=False)
        parameters = [value for value in self._module.parameters() if value.requires_grad]
        try:
            with _buffers_kept(self._module):
                outputs = call(*arguments)
                torch.autograd.grad(
                    outputs, parameters, torch.ones_like(outputs), allow_unused=True
                )
                if outputs.is_cuda:
                    torch.cuda.synchronize()  # so that a kernel that fails does so here
        except Exception as error:  # PyTorch's own, the compiler's, the driver's
            if process_number() == 0:
                reason = " ".join(str(error).split())[:1000]
                print(f"torch.compile does not work here, training runs without it: {reason}")
            return self._module
        return call


@contextmanager
def _buffers_kept(module: nn.Module) -> Iterator[None]:
    """Leave buffers as they are, such as the running statistics of normalisations."""
    kept = [(buffer, buffer.clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        for buffer, values in kept:
            buffer.copy_(values)
