"""How numbers and settings are written on the page."""

from collections.abc import Iterator
from typing import Any

_SPACE = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    """Write a share as percent; small ones keep two significant digits."""
    value = 100 * share
    digits = f"{value:.1f}" if value >= 1 or value == 0 else f"{value:.2g}"
    return f"{digits}{_SPACE}%"


def percent_over_seeds(value: dict[str, Any]) -> str:
    """Write mean and standard deviation (of `summary.over_seeds`) as percent."""
    if value["sd"] is None:
        return percent(value["mean"])
    return f"{100 * value['mean']:.1f} ± {100 * value['sd']:.1f}{_SPACE}%"


def interval(value: tuple[float, float]) -> str:
    """Write an interval of shares as percent."""
    return f"{100 * value[0]:.1f} to {100 * value[1]:.1f}{_SPACE}%"


def number_over_seeds(value: dict[str, Any], decimals: int) -> str:
    """Write mean and standard deviation (of `summary.over_seeds`) as plain numbers."""
    if value["sd"] is None:
        return f"{value['mean']:.{decimals}f}"
    return f"{value['mean']:.{decimals}f} ± {value['sd']:.{decimals}f}"


def points(difference: float) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def count(number: int) -> str:
    """Write a count with separators of thousands."""
    return f"{number:,}"


def mean_count(number: float) -> str:
    """Write a count, or a mean of counts with one decimal."""
    return count(int(number)) if number == int(number) else f"{number:,.1f}"


def duration(seconds: float) -> str:
    """Write a duration in the unit that suits it."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def clock(seconds: float) -> str:
    """Write a time in a recording as minutes and seconds."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def p_value(value: float) -> str:
    """Write a p-value; small ones with the four digits that 9999 permutations resolve."""
    if value < 1e-4:
        return f"{value:.0e}"
    return f"{value:.4f}" if value < 0.01 else f"{value:.2f}"


def flatten(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give nested settings as (dotted key, text), as they would be written in config.yaml."""
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return ", ".join(_text(item) for item in value) or "–"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return f"{value:.6g}" if isinstance(value, float) else str(value)
