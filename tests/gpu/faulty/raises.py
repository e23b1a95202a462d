"""A part that finds one figure and fails."""

from collections.abc import Iterator

from tests.gpu.figures import Figure, at_most
from tests.gpu.scale import Scale

LIMIT_S = 60


def measure(scale: Scale) -> Iterator[Figure]:
    yield at_most("found before", 1, 2)
    raise RuntimeError("CUDA error: an illegal memory access was encountered")
