"""Giving back the memory of weights that were mapped from a file and are no longer used."""

import ctypes
import mmap
from pathlib import Path

import torch


class MappedFile:
    """The places in memory where a file is mapped; on systems without /proc there are none."""

    def __init__(self, path: Path):
        self._places = []
        maps = Path("/proc/self/maps")
        lines = maps.read_text().splitlines() if maps.exists() else []
        for line in lines:
            addresses, *_, name = line.split(maxsplit=5)
            if name == str(path.resolve()):
                begin, end = (int(address, 16) for address in addresses.split("-"))
                self._places.append(range(begin, end))

    def holds(self, tensor: torch.Tensor) -> bool:
        """Tell whether the tensor lies in the file."""
        return any(tensor.data_ptr() in place for place in self._places)

    def give_back(self, tensor: torch.Tensor) -> None:
        """Let the pages of a tensor go; should it be used again, they are read again.

        Memory that is not mapped from the file is left alone.
        """
        if not self.holds(tensor):
            return
        begin = -(-tensor.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (tensor.data_ptr() + tensor.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
        if begin < end:
            advise = ctypes.CDLL(None).madvise
            advise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)
