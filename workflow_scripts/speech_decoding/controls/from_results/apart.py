"""Retrieval among non-overlapping candidates."""

from speech_decoding.controls.comparison import LARGEST_SHARE
from speech_decoding.controls.control import Outcome
from speech_decoding.controls.criteria import ABOVE_CHANCE, judge_above_chance
from speech_decoding.controls.evidence import Evidence

ORDER = 130
TITLE = "Non-overlapping candidates"
THRESHOLD = ABOVE_CHANCE
MEANING = "the accuracy depends on overlapping windows that contain the same speech"


def judge(evidence: Evidence) -> Outcome:
    """Judge the accuracy that evaluate_decoder measures among them."""
    level = evidence.metrics["apart"]
    count = level["n_answers"]
    few = (k for k in evidence.top_k if k <= LARGEST_SHARE * count)
    k = max(few, default=min(evidence.top_k))
    return judge_above_chance(
        {
            "n": level["n"],
            "k": k,
            "n_candidates": count,
            "accuracy": level[f"top{k}"],
            "chance": level[f"chance_top{k}"],
            "interval": level["interval"][f"top{k}"],
            "n_sentences": level["n_sentences"],
        }
    )
