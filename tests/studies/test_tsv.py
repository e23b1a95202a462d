"""Tab-separated tables: read as they stand, or refused with the line that is wrong."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbing.errors import InputError
from speech_decoding.studies.tsv import parse_numbers, read_tsv

# What a cell may hold: anything but what separates cells and lines, and zero bytes.
CELLS = st.text(st.characters(exclude_characters="\t\r\n\0", codec="utf-8"), max_size=8)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=9)
)


@given(rows=TABLES, ending=st.sampled_from(["\n", "\r\n", "\r"]), mark=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_cell_comes_back(tmp_path, rows, ending, mark):
    header = [f"column {number}" for number in range(len(rows[0]))]
    rows = [*rows, ["end"] * len(header)]  # empty lines at the end say nothing
    text = ending.join("\t".join(row) for row in [header, *rows]) + ending
    path = tmp_path / "table.tsv"
    path.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    table = read_tsv(path, header)
    assert table.columns.to_list() == header
    assert table.fillna("n/a").to_numpy().tolist() == rows


@pytest.mark.parametrize("word", ['"', '"tis', 'so"', '""', "'", '"a\tb"'])
def test_a_quote_opens_nothing(tmp_path, word):
    path = tmp_path / "table.tsv"
    cells = word.split("\t")
    header = [f"word{number}" for number in range(len(cells))]
    rows = [header, cells, ["x"] * len(cells), ["y"] * len(cells)]
    path.write_text("\n".join("\t".join(row) for row in rows))
    assert read_tsv(path, header).to_numpy().tolist() == rows[1:]


def test_only_what_is_unknown_is_missing(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("word\nn/a\nNA\nnan\nnull\nNone\n\nN/A\n")
    assert read_tsv(path, ["word"])["word"].isna().to_list() == [True] + [False] * 6


@pytest.mark.parametrize("text", ["1e-3", "0.001", ".001", " 1E-03", "+1.0e-3"])
def test_a_number_is_read_however_it_is_written(text):
    numbers = parse_numbers(
        "x", pd.DataFrame({"onset": ["n/a", text]}).replace("n/a", pd.NA), "onset"
    )
    assert numbers.isna()[0] and numbers[1] == 0.001


@pytest.mark.parametrize("text", ["soon", "", "inf", "-inf", "1e999", "0x1", "1,5", "True", "1 2"])
def test_what_is_no_number_is_named(text):
    table = pd.DataFrame({"onset": ["0", "1", text]}, dtype="string")
    with pytest.raises(InputError, match="x, row 4: expected a number as onset, found "):
        parse_numbers("x", table, "onset")


def test_a_whole_number():
    table = pd.DataFrame({"index": ["0", "2.0", "2.5"]}, dtype="string")
    with pytest.raises(InputError, match=r"row 4: expected a whole number as index, found '2\.5'"):
        parse_numbers("x", table, "index", whole=True)
