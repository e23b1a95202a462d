"""Several processes that train one decoder together, as torchrun starts them; or just this one."""

import os
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import torch
from torch import Tensor, distributed
from torch.nn import Parameter

from plumbing.errors import InputError

# A process waits this long for another one, which may still be reading the study.
_PATIENCE = timedelta(minutes=60)


def join_processes(device: torch.device) -> torch.device:
    """Join the other processes if torchrun started this one; give the device that is its own.

    On GPUs tensors are exchanged through NCCL, on processors through Gloo.
    Raises: InputError if there are fewer GPUs than processes, which cannot share one.
    """
    if not distributed.is_torchelastic_launched():
        return device
    backend = "gloo"
    if device.type == "cuda":
        _require_gpus(int(os.environ["LOCAL_WORLD_SIZE"]))
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
        backend = "cpu:gloo,cuda:nccl"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    return device


def _require_gpus(count: int) -> None:
    there = torch.cuda.device_count()
    if there < count:
        raise InputError(
            "running.processes",
            expected=f"at most as many processes as there are GPUs, {there}",
            found=str(count),
            consequence="nothing was trained",
            next_step=f"set it to {there}, or ask the cluster for {count} GPUs",
        )


def leave_processes() -> None:
    """Leave the other processes, at the end of the training."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def process_count() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def process_number() -> int:
    """Give this process's number; number 0 writes files and reports."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def shares(count: int) -> list[slice]:
    """Give each process's share of `count` items; shares differ by one item at most."""
    processes = process_count()
    borders = [count * number // processes for number in range(processes + 1)]
    return [slice(*pair) for pair in pairwise(borders)]


def gather(share: Tensor, count: int) -> Tensor:
    """Give all `count` items, of which this process holds its `share`, without gradient."""
    share = share.detach()
    if process_count() == 1:
        return share
    items = share.new_empty(count, *share.shape[1:])
    items[shares(count)[process_number()]] = share
    for number, part in enumerate(shares(count)):
        if part.start < part.stop:
            distributed.broadcast(items[part], src=number)
    return items


def sum_gradients(parameters: Iterable[Parameter]) -> None:
    """Add up the processes' gradients, so that each process holds those of the whole batch."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if process_count() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    for gradient, values in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(values.view_as(gradient))


def any_process(condition: bool) -> bool:
    """Tell whether the condition holds in any process; the devices are not waited for."""
    if process_count() == 1:
        return condition
    count = torch.tensor(int(condition))
    distributed.all_reduce(count)
    return bool(count)


def wait_for_processes() -> None:
    """Return when every process has come here."""
    any_process(False)


class _Sum(torch.autograd.Function):
    """The sum over processes; every process's gradient reaches every process's summand."""

    @staticmethod
    def forward(context: object, values: Tensor) -> Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: object, gradient: Tensor) -> Tensor:
        return _Sum.forward(context, gradient)


def sum_over_processes(values: Tensor) -> Tensor:
    """Add up the processes' tensors of one shape, with gradients."""
    return _Sum.apply(values)
