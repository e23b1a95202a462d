"""The proof that no audio is shared between splits."""

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.evidence import Evidence

ORDER = 10
TITLE = "No audio shared between splits"
THRESHOLD = (
    "no stretch of audio longer than one and a half samples is shared between two splits, across "
    "all listeners and including the margins of windows"
)
MEANING = "the decoder was trained on test speech, and the accuracy may reflect memory"


def judge(evidence: Evidence) -> Outcome:
    """Judge the proof (`segments.leaks`)."""
    longest_s, overlaps = evidence.proof["longest_overlap_s"], len(evidence.proof["overlaps"])
    return Outcome(
        evidence.proof["clean"],
        f"longest shared stretch {1000 * longest_s:.1f} ms; stretches above the limit: {overlaps}",
        {"longest_overlap_s": longest_s, "overlaps": overlaps},
    )
