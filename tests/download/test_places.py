"""Names from elsewhere never lead out of the folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from download.places import place, require_space
from plumbing.errors import InputError

FOLDER = Path("/studies/alice")

names = st.lists(
    st.one_of(st.sampled_from(["..", ".", "", "a", "b.wav", "C:", "~", "\\", "\x00"]), st.text()),
    min_size=1,
).map("/".join)


@given(names)
def test_a_place_is_inside_or_refused(name):
    try:
        found = place(FOLDER, name, source="a list")
    except InputError:
        return
    assert FOLDER in found.parents
    assert ".." not in found.parts
    assert found.relative_to(FOLDER).as_posix() == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../a",
        "a/../../b",
        "a/..",
        ".",
        "a//b",
        "a/",
        "..\\a",
        "C:/a",
        "C:a",
        "a\0b",
    ],
)
def test_refused(name):
    with pytest.raises(InputError, match="expected file names inside /studies/alice"):
        place(FOLDER, name, source="a list")


@pytest.mark.parametrize("name", ["a", "sub-01/ses-0/meg/x_meg.con", "a b/ü.txt", "..a", "a.."])
def test_accepted(name):
    assert place(FOLDER, name, source="a list") == FOLDER / name


def test_space_is_measured_where_the_folder_will_be(tmp_path):
    require_space(tmp_path / "not" / "there", 1)
    with pytest.raises(InputError, match="GB free"):
        require_space(tmp_path / "not" / "there", 10**18)
