"""Small simulated studies, each written once, and copies of them to be broken.

What simulates them is imported when a study is asked for: it needs MNE, and the tests of the
decoder do not.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
