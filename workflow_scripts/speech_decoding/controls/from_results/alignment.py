"""Whether the sound recorded with the brain signals is aligned with the events."""

import numpy as np

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import write_names
from speech_decoding.recordings.thresholds import LARGEST_LAG_S

_LARGEST_LAG_MS = 1000 * LARGEST_LAG_S

ORDER = 20
TITLE = "Alignment of the recorded sound with the events"
THRESHOLD = (
    "in every recording that contains the sound, its lag relative to the events is at most "
    f"{_LARGEST_LAG_MS:g} ms"
)
MEANING = "brain signals and speech are misaligned, in training as well as at test"


def judge(evidence: Evidence) -> Outcome:
    """Judge the lags of measure_alignment; not run if no recording contains the sound."""
    located, count = evidence.located_sound, len(evidence.alignment)
    lag_ms = located.set_index("recording")["lag_ms"]
    far = lag_ms[lag_ms.abs() > _LARGEST_LAG_MS].sort_values(key=np.abs, ascending=False)
    found = "not run: no recording contains the sound"
    if len(located):
        worst = lag_ms.abs().idxmax()
        found = (
            f"sound located in {len(located)} of {count} recordings, largest lag "
            f"{abs(lag_ms[worst]):.0f} ms ({worst})"
        )
    if len(far):
        found += "; above the limit: " + write_names(
            [f"{name} ({lag:+.0f} ms)" for name, lag in far.items()]
        )
    return Outcome(
        far.empty if len(located) else None,
        found,
        {
            "recordings": count,
            "measured": len(located),
            "lag_ms": {str(name): float(lag) for name, lag in far.items()},
        },
    )
