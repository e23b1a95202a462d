from pathlib import Path

import pytest

from tests.training.small_study import write_study


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """The folder of a small study; not to be changed."""
    return write_study(tmp_path_factory.mktemp("study"))
