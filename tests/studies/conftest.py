"""A small simulated MEG-MASC study, written once, and copies of it to be broken."""

import pytest

from tests.studies.small_study import SmallStudy


@pytest.fixture(scope="session")
def intact(tmp_path_factory) -> SmallStudy:
    """A study without a fault, not to be changed."""
    return SmallStudy.simulate(tmp_path_factory.mktemp("small") / "study")


@pytest.fixture
def small(intact, tmp_path) -> SmallStudy:
    """A study to be broken."""
    return intact.copy(tmp_path / "study")
