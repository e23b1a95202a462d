"""A small simulated Alice study, written once, and copies of it to be broken."""

import pytest

from tests.small_alice import SmallAlice


@pytest.fixture(scope="session")
def intact_alice(tmp_path_factory) -> SmallAlice:
    """A study not to be changed."""
    return SmallAlice.simulate(tmp_path_factory.mktemp("alice") / "study")


@pytest.fixture
def alice(intact_alice, tmp_path) -> SmallAlice:
    """A study to be broken."""
    return intact_alice.copy(tmp_path / "study")
