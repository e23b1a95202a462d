from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.small_study import write_study


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """The folder of a small study; not to be changed."""
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def torch_as_it_was() -> Iterator[None]:
    """Put PyTorch's switches back afterwards, for whoever comes next in this process."""
    precision = torch.get_float32_matmul_precision()
    deterministic = torch.are_deterministic_algorithms_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    threads = torch.get_num_threads()
    with torch.backends.cudnn.flags(enabled=True):
        yield
    torch.set_float32_matmul_precision(precision)
    torch.use_deterministic_algorithms(deterministic)
    torch.utils.deterministic.fill_uninitialized_memory = filled
    torch.set_num_threads(threads)
