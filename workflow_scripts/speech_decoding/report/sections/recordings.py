"""The signal quality of every used recording, and the lag between its sound and its events."""

import math
from typing import Any

from speech_decoding.report.contents import Contents
from speech_decoding.report.pictures import embed_png

TITLE = "Recordings"
ORDER = 40


def show(contents: Contents) -> dict[str, Any]:
    aligned = contents.alignment.set_index("recording")
    rows = [
        {
            "recording": name,
            **quality.figures,
            "lag_ms": _known(aligned["lag_ms"].get(name)),
            "correlation": _known(aligned["correlation"].get(name)),
            "warning": aligned["warning"].get(name, ""),
            "picture": embed_png(quality.picture),
        }
        for name, quality in contents.quality.items()
    ]
    return {
        "rows": rows,
        "with_sound": sum(row["lag_ms"] is not None for row in rows),
        "warnings": [row for row in rows if row["warning"]],
    }


def _known(value: float | None) -> float | None:
    """Give a number of a table, None where the table has none."""
    return None if value is None or math.isnan(value) else float(value)
