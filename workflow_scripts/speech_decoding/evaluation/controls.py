"""The controls and their thresholds: what must hold before an accuracy is believed.

Each control ends in a verdict: passed, failed, or not run. All thresholds stand here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.evaluation.measures import ranks_of
from speech_decoding.evaluation.metrics import hits, permutation_p_value, permuted_hits
from speech_decoding.evaluation.ranks import RankTable
from speech_decoding.evaluation.uncertainty import LEVEL, bootstrap_interval

if TYPE_CHECKING:
    import pandas as pd

# An accuracy is above chance if exchanging the candidates' names does as well with less than this
# probability, and if its interval over sentences lies above chance: neighbouring windows overlap,
# and permutations of single segments alone would take a run of luck for a finding.
ALARM_P = 0.001
PERMUTATIONS = 1000
# The brain is taken this much later than the speech: more than a window, so that nothing is shared.
SHIFT_S = 10.0
# And by this much, on top of the trained delay, for the curve of accuracy against delay.
DELAYS_S = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5)
# Candidates alike in loudness and timing, the right one included; at most half of all.
MATCHED = 50
# A k of at most this share of the candidates: top-10 of 12 would say nothing.
LARGEST_SHARE = 0.2

_ABOVE = f"p < {ALARM_P:g} and the {100 * LEVEL:g} % interval over sentences above chance"
_AT_CHANCE = f"not: {_ABOVE}; and the interval of the decoder's lead above 0"


@dataclass(frozen=True)
class Verdict:
    """The outcome of one control; `passed` is None where it was not run.

    title: what was done; found: what came out; threshold: what has to hold; meaning: what it would
    mean if it did not; numbers: what the verdict rests on.
    """

    name: str
    title: str
    passed: bool | None
    found: str
    threshold: str
    meaning: str
    numbers: Mapping[str, Any] | None


# What must be at chance: the controls run on a trained decoder, and those that train one.
_MUST_FAIL = {
    "noise": (
        "Noise in place of the brain, at test",
        "the decoder finds segments without hearing the brain",
    ),
    "noise_input": (
        "Noise in place of the brain, at training and test",
        "segments can be told apart by something that is not the brain",
    ),
    "random": (
        "Decoder with random weights",
        "retrieval rewards a decoder that has learnt nothing",
    ),
    "shuffled_pairs": (
        "Training on wrong pairs of brain and speech",
        "the speech is found without a link to the brain",
    ),
    "shifted": (
        f"Speech shifted by {SHIFT_S:g} s against the brain",
        "alignment does not matter, so that what is found is not a response to the speech",
    ),
    "silence": (
        "Brain recorded while nobody spoke",
        "the recording as such gives the segment away",
    ),
}


def headline_k(count: int, top_k: Sequence[int]) -> int:
    """Choose the k of the controls: the largest that is at most a fifth of the candidates."""
    return max((k for k in top_k if k <= LARGEST_SHARE * count), default=1)


def compare(
    main: RankTable,
    control: RankTable,
    best: np.ndarray,
    target: np.ndarray,
    sentences: np.ndarray,
    *,
    count: int,
    k: int,
) -> dict[str, Any]:
    """Compare a control with the decoder on the same segments.

    Parameters: main and control, ranks [segments] among `count` candidates; best [segments, at
    least k] of the control; target and sentences [segments].
    Returns: n; k; n_candidates; accuracy, that of the decoder and chance; the p-value and the
    interval over sentences of the control's accuracy; lead, the interval of the decoder's minus
    the control's.
    """
    own, reference = hits(control, k, count), hits(main, k, count)
    return {
        "n": len(own),
        "k": k,
        "n_candidates": count,
        "accuracy": float(own.mean()),
        "decoder": float(reference.mean()),
        "chance": k / count,
        "p_value": permutation_p_value(best, target, count, k=k),
        "interval": bootstrap_interval(own, sentences),
        "lead": bootstrap_interval(reference - own, sentences),
    }


def compare_tables(
    main: "pd.DataFrame", control: "pd.DataFrame", *, count: int, k: int
) -> dict[str, Any]:
    """Compare two decoders' tables of retrieved segments, row by row, as `compare` does."""
    return compare(
        ranks_of(main),
        ranks_of(control),
        np.stack(control["best"].to_numpy()),
        control["target"].to_numpy(),
        control["sequence_text"].to_numpy(),
        count=count,
        k=k,
    )


def judge(
    *,
    proof: Mapping[str, Any],
    metrics: Mapping[str, Any],
    retrieval: "pd.DataFrame",
    controls: Mapping[str, Any],
    trained: Mapping[str, "pd.DataFrame"],
    top_k: Sequence[int],
) -> list[Verdict]:
    """Judge the main experiment, failed controls first.

    Parameters: proof, of the splits; metrics and retrieval, of the decoder; controls, of
    `control_runs.run_controls`; trained, tables of retrieved segments of the experiments that are
    controls, by name.
    """
    count = metrics["n_candidates"]
    k = headline_k(count, top_k)
    compared = {
        name: compare_tables(retrieval, table, count=count, k=k) for name, table in trained.items()
    }
    verdicts = [judge_splits(proof), judge_pairs(retrieval, count, k)]
    verdicts += [judge_failure(name, (controls | compared).get(name)) for name in _MUST_FAIL]
    verdicts += [
        judge_timing(controls["timing"]),
        judge_matched(controls["matched"]),
        judge_apart(metrics["apart"], top_k),
    ]
    order = {False: 0, None: 1, True: 2}
    return sorted(verdicts, key=lambda verdict: order[verdict.passed])


def judge_splits(proof: Mapping[str, Any]) -> Verdict:
    """Judge the proof that no stretch of audio is in two splits (`segments.leaks`)."""
    shared_ms = 1000 * proof["longest_overlap_s"]
    overlaps = len(proof["overlaps"])
    return Verdict(
        "splits",
        "Splits share no audio",
        proof["clean"],
        f"longest shared stretch {shared_ms:.1f} ms; {overlaps} too long",
        "over all listeners, no stretch of audio longer than a sample and a half lies in the "
        "windows, margins included, of two splits",
        "test speech was heard in training, and the accuracy measures memory",
        {"longest_overlap_s": proof["longest_overlap_s"], "overlaps": overlaps},
    )


def judge_pairs(retrieval: "pd.DataFrame", count: int, k: int) -> Verdict:
    """Judge whether the decoder does better than with permuted pairs of brain and speech."""
    best = np.stack(retrieval["best"].to_numpy())[:, :k]
    target = retrieval["target"].to_numpy()
    truth, permuted = permuted_hits(best, target, count, permutations=PERMUTATIONS)
    numbers = compare_tables(retrieval, retrieval, count=count, k=k) | {
        "largest_permuted": float(permuted.max() / len(retrieval))
    }
    return Verdict(
        "permuted_pairs",
        f"{PERMUTATIONS} permutations of the pairs of brain and speech",
        bool(truth > permuted.max()) and _above_chance(numbers),
        f"{_accuracy(numbers)}; the best permutation reaches "
        f"{_percent(numbers['largest_permuted'])}",
        f"better than every permutation, and {_ABOVE}",
        "nothing was decoded",
        numbers,
    )


def judge_failure(name: str, numbers: Mapping[str, Any] | None) -> Verdict:
    """Judge a control that has to be at chance."""
    title, meaning = _MUST_FAIL[name]
    if numbers is None:
        return Verdict(name, title, None, "not run", _AT_CHANCE, meaning, None)
    passed = not _above_chance(numbers) and _above(numbers["lead"], 0)
    found = f"{_accuracy(numbers)}, p = {numbers['p_value']:.4f}; {_lead(numbers)}"
    return Verdict(name, title, passed, found, _AT_CHANCE, meaning, numbers)


def judge_timing(numbers: Mapping[str, Any]) -> Verdict:
    """Judge whether the decoder knows more than when words begin and end."""
    return Verdict(
        "timing",
        "Word onsets and durations alone",
        _above(numbers["lead"], 0),
        f"{_accuracy(numbers)}; {_lead(numbers)}",
        f"the decoder is better, the {100 * LEVEL:g} % interval of its lead over sentences above 0",
        "nothing but the timing of words was decoded",
        numbers,
    )


def judge_matched(numbers: Mapping[str, Any]) -> Verdict:
    """Judge whether segments are told from others of the same loudness and timing."""
    return Verdict(
        "matched",
        "Candidates of the same loudness and timing",
        _above(numbers["interval"], numbers["chance"]),
        f"{_accuracy(numbers)}; interval" + _interval(numbers["interval"]),
        f"the {100 * LEVEL:g} % interval over sentences above chance",
        "loudness and duration explain what was found",
        numbers,
    )


def judge_apart(level: Mapping[str, Any], top_k: Sequence[int]) -> Verdict:
    """Judge the retrieval among candidates of which no two overlap."""
    count = level["n_answers"]
    k = max((k for k in top_k if k <= LARGEST_SHARE * count), default=min(top_k))
    numbers = {
        "n": level["n"],
        "k": k,
        "n_candidates": count,
        "accuracy": level[f"top{k}"],
        "chance": level[f"chance_top{k}"],
        "interval": level["interval"][f"top{k}"],
    }
    return Verdict(
        "apart",
        "Candidates that do not overlap",
        _above(numbers["interval"], numbers["chance"]),
        f"{_accuracy(numbers)}; interval" + _interval(numbers["interval"]),
        f"the {100 * LEVEL:g} % interval over sentences above chance",
        "the accuracy rests on windows that hold the same speech",
        numbers,
    )


def _above_chance(numbers: Mapping[str, Any]) -> bool:
    return numbers["p_value"] < ALARM_P and _above(numbers["interval"], numbers["chance"])


def _above(interval: Sequence[float] | None, value: float) -> bool:
    return interval is not None and interval[0] > value


def _accuracy(numbers: Mapping[str, Any]) -> str:
    return (
        f"top-{numbers['k']} of {numbers['n_candidates']} candidates "
        f"{_percent(numbers['accuracy'])}, chance {_percent(numbers['chance'])}"
    )


def _lead(numbers: Mapping[str, Any]) -> str:
    return f"the decoder {_percent(numbers['decoder'])}, ahead by" + _interval(numbers["lead"])


def _interval(interval: Sequence[float] | None) -> str:
    if interval is None:
        return " unknown, for one sentence"
    return f" {100 * interval[0]:.1f} to {100 * interval[1]:.1f} points"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
