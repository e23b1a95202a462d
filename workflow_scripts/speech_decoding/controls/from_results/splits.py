"""The proof that no stretch of audio is in two splits."""

from speech_decoding.controls.control import Outcome
from speech_decoding.controls.evidence import Evidence

ORDER = 10
TITLE = "Splits share no audio"
THRESHOLD = (
    "no two splits share a stretch of audio longer than a sample and a half, whoever heard it, "
    "the margins of windows included"
)
MEANING = "test speech was heard in training, and the accuracy measures memory"


def judge(evidence: Evidence) -> Outcome:
    """Judge the proof (`segments.leaks`)."""
    longest_s, overlaps = evidence.proof["longest_overlap_s"], len(evidence.proof["overlaps"])
    return Outcome(
        evidence.proof["clean"],
        f"longest shared stretch {1000 * longest_s:.1f} ms; {overlaps} too long",
        {"longest_overlap_s": longest_s, "overlaps": overlaps},
    )
