from pathlib import Path

import numpy as np
import pytest
import torch

from tests.decoder.small_study import write_study


@pytest.fixture
def golden_directory():
    return Path(__file__).parent.parent / "golden" / "decoder"


@pytest.fixture
def golden(golden_directory):
    """Read every array of a golden file as tensors."""

    def read(name):
        with np.load(golden_directory / f"{name}.npz") as stored:
            return {key: torch.from_numpy(np.asarray(stored[key])) for key in stored.files}

    return read


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """The folder of a small study; not to be changed."""
    return write_study(tmp_path_factory.mktemp("study"))
