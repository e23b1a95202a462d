"""The kinds of values that settings have, named once.

A parameter behind the `*` of a signature is a setting: its annotation says which values config.yaml
may hold for it. Besides bool, int, float, str, Path, None, Literal, list, tuple, dict and classes
of fields, an annotation may be one of the kinds below.
"""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

_LARGEST = 1_000_000_000  # far from any use; beyond it other numbers overflow
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Range:
    """Numbers from `least`, or above `above`, up to `most`."""

    least: float | None = None
    above: float | None = None
    most: float = _LARGEST

    def schema(self) -> dict[str, Any]:
        """Give the keywords of JSON schema that say so."""
        limits = {"minimum": self.least, "exclusiveMinimum": self.above, "maximum": self.most}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class Pattern:
    """Texts that a regular expression matches; `described` says which in words."""

    expression: str
    described: str

    def schema(self) -> dict[str, Any]:
        """Give the keywords of JSON schema that say so."""
        return {"pattern": self.expression, "description": self.described}


@dataclass(frozen=True)
class Items:
    """Lists of `least` items or more; `distinct`: none of them twice."""

    least: int = 0
    distinct: bool = False

    def schema(self) -> dict[str, Any]:
        """Give the keywords of JSON schema that say so."""
        return {"minItems": self.least, "uniqueItems": self.distinct}


Count = Annotated[int, Range(least=1)]
Seed = Annotated[int, Range(least=0, most=2**32 - 1)]
Positive = Annotated[float, Range(above=0)]
NotNegative = Annotated[float, Range(least=0)]
Share = Annotated[float, Range(least=0, most=1)]
SomeShare = Annotated[float, Range(above=0, most=1)]

Name = Annotated[str, Pattern("^[a-z0-9_]+$", "a name of a to z, 0 to 9 and _")]
Label = Annotated[str, Pattern("^[A-Za-z0-9]+$", "a label of letters and digits")]
FilePath = Annotated[str, Pattern("^[^{}]+$", "a path without braces")]
Sha256 = Annotated[str, Pattern("^[0-9a-f]{64}$", "64 digits of 0 to 9 and a to f")]

Filled = Annotated[list[_Item], Items(least=1)]
Distinct = Annotated[list[_Item], Items(least=1, distinct=True)]
