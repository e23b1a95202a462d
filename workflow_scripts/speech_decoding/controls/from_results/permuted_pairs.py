"""A permutation test: the decoder's accuracy against that of permuted brain and speech pairs."""

import numpy as np

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.control import Outcome
from speech_decoding.controls.criteria import ALARM_P, if_enough_sentences
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import percent, write_accuracy, write_p_value
from speech_decoding.evaluation.accuracy import PERMUTATIONS, hits, permuted_hits, smallest_p_value
from speech_decoding.evaluation.grouping import blocks_of
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import SEGMENTS
from speech_decoding.evaluation.uncertainty import (
    above_p_value,
    bootstrap_interval,
    count_sentences,
)

# Whole blocks are permuted, because neighbouring windows are not independent. Four test blocks have
# few permutations, so that no smaller p-value can be required.
_PERMUTED_P = 0.01

ORDER = 40
TITLE = f"Permutation test with {PERMUTATIONS} permutations of brain and speech pairs"
THRESHOLD = (
    f"p < {_PERMUTED_P:g} in the permutation test, which permutes whole blocks, and the accuracy "
    f"is above chance level (p < {ALARM_P:g} over sentences)"
)
MEANING = "the accuracy is no evidence of decoding"


def judge(evidence: Evidence) -> Outcome:
    """Judge whether the accuracy is higher than with permuted pairs of brain and speech."""
    retrieval = evidence.retrieval
    k = headline_k(evidence.metrics["n_candidates"], evidence.top_k)
    best = np.stack(retrieval["best"].to_numpy())[:, :k]
    blocks = blocks_of(retrieval)
    truth, permuted = permuted_hits(best, retrieval["target"].to_numpy(), blocks)
    count = sum(map(len, blocks))
    accuracy = hits(ranks_of(retrieval, SEGMENTS), k, count)
    numbers = {
        "n": len(retrieval),
        "k": k,
        "n_candidates": count,
        "n_blocks": len(blocks),
        "accuracy": float(accuracy.mean()),
        "chance": k / count,
        "p_value": above_p_value(accuracy - k / count, retrieval["sequence_text"], 0.0),
        "permuted_p_value": float((1 + (permuted >= truth).sum()) / (1 + len(permuted))),
        "largest_permuted": float(permuted.max() / len(retrieval)),
        "interval": bootstrap_interval(accuracy, retrieval["sequence_text"]),
        "n_sentences": count_sentences(retrieval["sequence_text"]),
    }
    known = numbers["p_value"] is not None
    passed = known and numbers["p_value"] < ALARM_P and numbers["permuted_p_value"] < _PERMUTED_P
    enough = smallest_p_value(blocks) < _PERMUTED_P
    found = (
        f"{write_accuracy(numbers)}, {write_p_value(numbers)}; permutation test "
        f"p = {numbers['permuted_p_value']:.4f}, largest permuted accuracy "
        f"{percent(numbers['largest_permuted'])}"
    )
    if not enough:
        found += f"; not judged: {len(blocks)} test blocks have too few permutations"
    return Outcome(if_enough_sentences(passed, numbers) if enough else None, found, numbers)
