"""The decoder against permuted pairs of brain and speech."""

import numpy as np

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.control import Outcome
from speech_decoding.controls.criteria import ALARM_P, RARE, if_enough_sentences
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import percent, tell_accuracy, tell_p_value
from speech_decoding.evaluation.accuracy import PERMUTATIONS, hits, permuted_hits, smallest_p_value
from speech_decoding.evaluation.grouping import blocks_of
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import SEGMENTS
from speech_decoding.evaluation.uncertainty import (
    above_p_value,
    bootstrap_interval,
    count_sentences,
)

# The accuracy needs more than luck that neighbours share: with four test blocks there are few
# permutations of whole blocks, so that no smaller share can be asked for.
_PERMUTED_P = 0.01

ORDER = 40
TITLE = f"{PERMUTATIONS} permutations of the pairs of brain and speech"
THRESHOLD = (
    f"fewer than 1 of {1 / _PERMUTED_P:.0f} permutations, which move whole blocks, do as well; "
    f"and luck does as well in fewer than {RARE} cases"
)
MEANING = "nothing was decoded"


def judge(evidence: Evidence) -> Outcome:
    """Judge whether the decoder does better than with permuted pairs of brain and speech."""
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
        f"{tell_accuracy(numbers)}; {100 * numbers['permuted_p_value']:.2f} % of the permutations "
        f"do as well, the best reaches {percent(numbers['largest_permuted'])}; "
        + tell_p_value(numbers)
    )
    if not enough:
        found += f"; not judged, since {len(blocks)} test blocks are too few to tell"
    return Outcome(if_enough_sentences(passed, numbers) if enough else None, found, numbers)
