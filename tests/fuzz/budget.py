"""How long a fuzzer looks, from which seed, and what a single try may take."""

import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest

SEED = 2036
SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))


def tries(
    *, seconds: float = SECONDS, longest_try_s: int = 30, memory_mb: int = 1000
) -> Iterator[tuple[int, random.Random]]:
    """Yield a number and its own generator of random numbers until the time is spent.

    The same number draws the same in every run, so that a try that failed can be repeated alone
    with `once`.

    Parameters: longest_try_s, after which the caller's loop is interrupted; memory_mb, by which the
    largest memory of this process or of its children may grow over all tries.
    Raises: pytest's failure, in the caller's loop, for a try that hangs or takes too much memory.
    """
    end, before_mb, number = time.monotonic() + seconds, _peaks_mb(), 0
    previous = signal.signal(signal.SIGALRM, _interrupt)
    try:
        while number == 0 or time.monotonic() < end:
            signal.alarm(longest_try_s)
            yield number, once(number)
            signal.alarm(0)
            grown_mb = max(now - then for now, then in zip(_peaks_mb(), before_mb, strict=True))
            assert grown_mb < memory_mb, f"after try {number}: {grown_mb:.0f} MB more"
            number += 1
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def once(number: int) -> random.Random:
    """Give the generator of random numbers of one try."""
    return random.Random(f"{SEED}-{number}")


def _interrupt(*_: object) -> NoReturn:
    pytest.fail("this try hangs")  # no Exception, which the code under test might take for its own


def _peaks_mb() -> list[float]:
    """Give the largest memory so far of this process and of its largest ended child."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return [resource.getrusage(kind).ru_maxrss / 1024 for kind in kinds]
