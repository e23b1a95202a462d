"""Small simulated studies, each written once, and copies of them to be broken."""

import pytest

from tests.small_alice import SmallAlice
from tests.studies.small_study import SmallStudy


@pytest.fixture(scope="session")
def intact(tmp_path_factory) -> SmallStudy:
    """A MEG-MASC study without a fault, not to be changed."""
    return SmallStudy.simulate(tmp_path_factory.mktemp("small") / "study")


@pytest.fixture
def small(intact, tmp_path) -> SmallStudy:
    """A MEG-MASC study to be broken."""
    return intact.copy(tmp_path / "study")


@pytest.fixture(scope="session")
def intact_alice(tmp_path_factory) -> SmallAlice:
    """An Alice study, not to be changed."""
    return SmallAlice.simulate(tmp_path_factory.mktemp("alice") / "study")


@pytest.fixture
def alice(intact_alice, tmp_path) -> SmallAlice:
    """An Alice study to be broken."""
    return intact_alice.copy(tmp_path / "study")
