"""What tests of several packages share: golden numbers, small studies, a small world of listeners.

What makes them is imported when one is asked for: the studies need MNE, and the tests of the
decoder do not.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.listeners import World
    from tests.small_alice import SmallAlice
    from tests.studies.small_study import SmallStudy


@pytest.fixture(scope="session")
def intact(tmp_path_factory) -> "SmallStudy":
    """A MEG-MASC study without a fault, not to be changed."""
    from tests.studies.small_study import SmallStudy

    return SmallStudy.simulate(tmp_path_factory.mktemp("small") / "study")


@pytest.fixture
def small(intact, tmp_path) -> "SmallStudy":
    """A MEG-MASC study to be broken."""
    return intact.copy(tmp_path / "study")


@pytest.fixture(scope="session")
def intact_alice(tmp_path_factory) -> "SmallAlice":
    """An Alice study, not to be changed."""
    from tests.small_alice import SmallAlice

    return SmallAlice.simulate(tmp_path_factory.mktemp("alice") / "study")


@pytest.fixture
def alice(intact_alice, tmp_path) -> "SmallAlice":
    """An Alice study to be broken."""
    return intact_alice.copy(tmp_path / "study")


@pytest.fixture
def golden_directory() -> Path:
    return Path(__file__).parent / "golden" / "decoder"


@pytest.fixture
def golden(golden_directory):
    """Read every array of a golden file as tensors."""
    import numpy as np
    import torch

    def read(name):
        with np.load(golden_directory / f"{name}.npz") as stored:
            return {key: torch.from_numpy(np.asarray(stored[key])) for key in stored.files}

    return read


@pytest.fixture(scope="session")
def world() -> "World":
    """Listeners whose sensors repeat what they hear."""
    import torch

    from tests.listeners import World

    torch.manual_seed(0)
    return World()


@pytest.fixture(scope="session")
def trained(world):
    return world.open()


@pytest.fixture(scope="session")
def retrieved(world, trained):
    return world.retrieve(trained)
