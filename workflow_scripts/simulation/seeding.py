"""Random numbers that depend on a name, so that every part of a simulation has its own stream."""

import hashlib

import numpy as np


def stable_seed(*identity: object) -> int:
    """Give a 128-bit seed for these values, the same in every process and on every machine."""
    text = "\0".join(map(str, identity))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:16], "big")


def generator(*identity: object) -> np.random.Generator:
    """Give NumPy's random generator for these values, e.g. `generator(seed, "sub-01")`."""
    return np.random.default_rng(stable_seed(*identity))
