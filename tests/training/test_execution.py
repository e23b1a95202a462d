from functools import partial

import pytest
import torch
from torch import nn
from torch._dynamo.backends.common import aot_autograd

from plumbing.errors import InputError
from speech_decoding.decoder.published import BrainModule
from speech_decoding.training.execution import autocast, choose_device, compiled

CPU = torch.device("cpu")
BATCH = 3


class Calls(nn.Module):
    """Counts how often it is called as it is, and not compiled."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module
        self.count = 0

    def forward(self, *inputs):
        if not torch.compiler.is_compiling():
            self.count += 1
        return self.module(*inputs)


def compile_with(monkeypatch, backend) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))


def brain_module() -> BrainModule:
    torch.manual_seed(0)
    return BrainModule(
        torch.rand(1, 9, 2), n_subjects=2, n_outputs=5, virtual_channels=6, hidden=8, depth=2
    )


def brain_batch(size: int = BATCH) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    brain = torch.randn(size, 9, 40, generator=generator)
    index = torch.zeros(size, dtype=torch.long)
    return brain, index, index, torch.tensor([0.2, 0.7])


def test_a_module_that_cannot_be_compiled_runs_as_it_is_and_says_so(monkeypatch, capsys):
    from torch._inductor import config

    monkeypatch.setattr(config.cpp, "cxx", ("no-such-compiler",))
    monkeypatch.setattr(config, "fx_graph_cache", False)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.GELU())
    values = torch.randn(2, 3)
    call = compiled(module, True, CPU, batch_size=2)
    for _ in range(2):
        assert torch.equal(call(values), module(values))
    assert capsys.readouterr().out.count("training runs without it") == 1


def test_processors_compile_nothing_unless_told():
    module = nn.Identity()
    assert compiled(module, "auto", CPU, batch_size=1) is module
    assert compiled(module, False, CPU, batch_size=1) is module
    assert compiled(module, True, CPU, batch_size=1) is not module


def test_a_backward_pass_that_cannot_be_compiled_is_left_as_it_is_too(monkeypatch, capsys):
    def refuse(graph, inputs):
        raise RuntimeError("ptxas is missing")

    compile_with(monkeypatch, aot_autograd(fw_compiler=lambda g, _: g, bw_compiler=refuse))
    module, plain = brain_module(), brain_module()
    estimates = compiled(module, True, CPU, batch_size=BATCH)(*brain_batch())
    expected = plain(*brain_batch())
    assert torch.equal(estimates, expected)
    estimates.sum().backward()
    expected.sum().backward()
    assert torch.equal(module.merger.heads.grad, plain.merger.heads.grad)
    assert "ptxas is missing" in capsys.readouterr().out


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_compiled_module_has_the_gradients_and_the_statistics_of_one_that_is_not(
    monkeypatch, precision
):
    # Compiled by autocast's rules, the gradient of the merger's heads would be off by 3e-3.
    compile_with(monkeypatch, "aot_eager")
    module, plain = brain_module(), brain_module()
    with autocast(CPU, precision):
        estimates = compiled(module, True, CPU, batch_size=BATCH)(*brain_batch())
        expected = plain(*brain_batch())
    for outputs in (estimates, expected):
        outputs.float().square().sum().backward()
    for name, parameter in module.named_parameters():
        value = plain.get_parameter(name).grad
        if value is None:  # a bias that a normalisation cancels
            assert parameter.grad is None
        else:
            assert (parameter.grad - value).norm() <= 1e-5 * value.norm(), name
    for name, buffer in module.named_buffers():
        torch.testing.assert_close(buffer, plain.get_buffer(name))


def test_full_batches_with_gradients_alone_are_compiled(monkeypatch):
    compile_with(monkeypatch, "aot_eager")
    calls = Calls(brain_module())
    call = compiled(calls, True, CPU, batch_size=BATCH)
    call(*brain_batch())
    assert calls.count == 0
    call(*brain_batch(BATCH - 1))
    with torch.no_grad():
        call(*brain_batch())
    assert calls.count == 2


def test_precision_is_that_of_products():
    layer = nn.Linear(3, 4)
    for precision in ("float32", "bfloat16"):
        with autocast(CPU, precision):
            assert layer(torch.randn(2, 3)).dtype == getattr(torch, precision)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_missed():
    assert choose_device("auto") == choose_device("cpu") == CPU
    with pytest.raises(InputError, match="a GPU that PyTorch can use"):
        choose_device("cuda")
