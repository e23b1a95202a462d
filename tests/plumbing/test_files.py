"""Files between stages: whole or not there at all."""

import numpy as np
import pandas as pd
import pytest

from plumbing import files
from plumbing.errors import InputError


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "deep" / "value.json"
    files.write(path, {"b": 1, "a": [2.5, None, "ü"]})
    with pytest.raises(ValueError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise ValueError
    assert files.read(path) == {"a": [2.5, None, "ü"], "b": 1}
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path):
    left = tmp_path / ".a.4711.partial.json"
    left.write_text("half")
    others = tmp_path / ".b.4711.partial.json"
    others.write_text("of another file")
    files.write(tmp_path / "a.json", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [others.name, "a.json"]


def test_equal_values_give_equal_bytes(tmp_path):
    files.write(tmp_path / "1.json", {"a": 1, "b": 2})
    files.write(tmp_path / "2.json", {"b": 2, "a": 1})
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    table = pd.DataFrame({"x": [1.5, np.nan], "name": ["a", None]})
    for name in ("1.parquet", "2.parquet"):
        files.write(tmp_path / name, table)
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_arrays_come_back_memory_mapped(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    files.write(tmp_path / "a.npy", array.T)
    read = files.read(tmp_path / "a.npy")
    assert isinstance(read, np.memmap)
    assert np.array_equal(read, array.T)


@pytest.mark.parametrize("name", ["a.json", "a.npy", "a.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY damaged", b"PAR1 damaged PAR1"])
def test_a_damaged_file_is_told_in_one_sentence(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="delete the file") as caught:
        files.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
