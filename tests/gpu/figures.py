"""The lines of the check's table."""

from dataclasses import asdict, dataclass
from typing import Any

_WIDTH = 72


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, and whether it is as asked; `passed` is None if nothing is."""

    name: str
    value: float | str
    unit: str = ""
    asked: str = ""
    passed: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def told(self) -> str:
        """Give the line in words."""
        value = self.value if isinstance(self.value, str) else f"{self.value:.4g}"
        verdict = {None: "      ", True: "ok    ", False: "FAILED"}[self.passed]
        asked = f"   ({self.asked})" if self.asked else ""
        return f"{verdict}  {self.name[:_WIDTH]:<{_WIDTH}} {value:>10} {self.unit}{asked}"


def at_most(name: str, value: float, limit: float, unit: str = "") -> Figure:
    """A figure that may not be larger than `limit`; what is no number is larger than all."""
    return Figure(name, value, unit, f"at most {limit:g}", bool(value <= limit))


def at_least(name: str, value: float, limit: float, unit: str = "") -> Figure:
    """A figure that may not be smaller than `limit`."""
    return Figure(name, value, unit, f"at least {limit:g}", bool(value >= limit))


def failed(error: Exception, where: str) -> Figure:
    """Something that could not be measured, and why."""
    return Figure(f"{where}: {' '.join(str(error).split())[:300]}", "error", passed=False)


def holds(name: str, condition: bool) -> Figure:
    """Something that has to be so."""
    return Figure(name, "yes" if condition else "no", passed=bool(condition))
