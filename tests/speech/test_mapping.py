import sys
from pathlib import Path

import pytest
import torch

from speech_decoding.speech.checkpoints.mapping import MappedFile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is mapped")
COUNT = 8_000_000  # 32 MB


def resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def test_memory_of_a_used_tensor_is_given_back_and_read_again(tmp_path):
    path = tmp_path / "large weights.pt"
    torch.save({"a": torch.arange(COUNT), "b": torch.ones(100)}, path)
    stored = torch.load(path, mmap=True)
    file = MappedFile(path)
    total = stored["a"].sum()
    used = resident_bytes()
    file.give_back(stored["a"])
    assert used - resident_bytes() > 4 * COUNT
    assert torch.equal(stored["a"].sum(), total)
    assert torch.equal(stored["b"], torch.ones(100))


def test_other_memory_is_left_alone(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save(torch.ones(COUNT), path)
    read = torch.load(path, mmap=False)
    file = MappedFile(path)
    assert not file.holds(read)
    file.give_back(read)
    assert torch.equal(read, torch.ones(COUNT))
