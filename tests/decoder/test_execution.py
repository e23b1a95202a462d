import pytest
import torch
from torch import nn

from speech_decoding.decoder.execution import autocast, choose_device, compiled
from speech_decoding.errors import InputError

CPU = torch.device("cpu")


def test_a_module_that_cannot_be_compiled_runs_as_it_is_and_says_so(monkeypatch, capsys):
    from torch._inductor import config

    monkeypatch.setattr(config.cpp, "cxx", ("no-such-compiler",))
    monkeypatch.setattr(config, "fx_graph_cache", False)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.GELU())
    values = torch.randn(2, 3)
    call = compiled(module, True, CPU)
    for _ in range(2):
        assert torch.equal(call(values), module(values))
    assert capsys.readouterr().out.count("training runs without it") == 1


def test_processors_compile_nothing_unless_told():
    module = nn.Identity()
    assert compiled(module, "auto", CPU) is module
    assert compiled(module, False, CPU) is module
    assert compiled(module, True, CPU) is not module


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
