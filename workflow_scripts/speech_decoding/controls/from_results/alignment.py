"""Whether the sound that was recorded beside the brain lies where the events place it."""

import numpy as np

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import tell_names
from speech_decoding.recordings.thresholds import LARGEST_LAG_S

_LARGEST_LAG_MS = 1000 * LARGEST_LAG_S

ORDER = 20
TITLE = "Recorded sound against the events"
THRESHOLD = f"in every recording that holds the sound, within {_LARGEST_LAG_MS:g} ms of its events"
MEANING = "brain and speech were paired at the wrong time, in training too"


def judge(evidence: Evidence) -> Outcome:
    """Judge the lags of measure_alignment; not run where no recording holds the sound."""
    located, count = evidence.located_sound, len(evidence.alignment)
    lag_ms = located.set_index("recording")["lag_ms"]
    far = lag_ms[lag_ms.abs() > _LARGEST_LAG_MS].sort_values(key=np.abs, ascending=False)
    found = "not run: no recording holds the sound"
    if len(located):
        worst = lag_ms.abs().idxmax()
        found = (
            f"the sound was found in {len(located)} of {count} recordings, at most "
            f"{abs(lag_ms[worst]):.0f} ms from its events ({worst})"
        )
    if len(far):
        found += "; too far in " + tell_names(
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
