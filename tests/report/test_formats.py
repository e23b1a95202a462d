import pytest

from speech_decoding.report.formats import (
    clock,
    duration,
    flatten,
    mean_count,
    number_over_seeds,
    p_value,
    percent,
    percent_over_seeds,
)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.5268, "52.7"), (1.0, "100.0"), (0.007, "0.7"), (0.00073, "0.073"), (0, "0.0")],
)
def test_small_shares_keep_their_digits(share, text):
    assert percent(share) == f"{text}\N{NO-BREAK SPACE}%"


def test_a_mean_of_counts_has_a_decimal_where_it_needs_one():
    assert [mean_count(value) for value in (1428, 130.0, 77.94)] == ["1,428", "130", "77.9"]


def test_deviation_is_written_only_where_there_is_one():
    assert percent_over_seeds({"mean": 0.7071, "sd": 0.0012}) == "70.7 ± 0.1\N{NO-BREAK SPACE}%"
    assert percent_over_seeds({"mean": 0.7071, "sd": None}) == "70.7\N{NO-BREAK SPACE}%"
    assert number_over_seeds({"mean": 12.34, "sd": 0.56}, 1) == "12.3 ± 0.6"
    assert number_over_seeds({"mean": 12.34, "sd": None}, 1) == "12.3"


def test_times_and_p_values():
    assert [duration(value) for value in (42, 90, 7200)] == ["42 s", "1.5 min", "2.0 h"]
    assert clock(67.7) == "1:07.7"
    assert [p_value(value) for value in (0.0001, 0.04, 1.0)] == ["0.0001", "0.04", "1.00"]


def test_settings_are_written_as_in_the_configuration():
    settings = {"a": {"b": [1, "x"], "c": None, "d": {}}, "e": True, "f": 0.0003, "g": "None"}
    assert list(flatten(settings)) == [
        ("a.b", "1, x"),
        ("a.c", "null"),
        ("a.d", "–"),
        ("e", "true"),
        ("f", "0.0003"),
        ("g", "None"),
    ]
