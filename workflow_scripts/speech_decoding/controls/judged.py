"""The controls and their thresholds: what must hold before an accuracy is believed.

Each control ends in a verdict: passed, failed, or not run. All thresholds stand here.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.controls.alignment import judge_alignment, judge_listeners
from speech_decoding.controls.verdict import (
    INTERVAL,
    Verdict,
    above,
    if_told,
    percent,
    tell_accuracy,
    tell_interval,
    tell_lead,
    tell_p_value,
)
from speech_decoding.evaluation.accuracy import PERMUTATIONS, hits, permuted_hits, smallest_p_value
from speech_decoding.evaluation.grouping import blocks_of, story_sizes
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import SEGMENTS, WITHIN_STORY, RankTable
from speech_decoding.evaluation.uncertainty import (
    above_p_value,
    bootstrap_interval,
    count_sentences,
)

if TYPE_CHECKING:
    import pandas as pd

# An accuracy is above chance if it would lie as far above with less than this probability. Over
# sentences, because neighbouring windows overlap and single segments would take a run of luck for
# a finding; and within the story, because a decoder that knows the story from the recording, or
# from the listener, does not know the segment.
ALARM_P = 0.001
# And the headline needs more than luck that neighbours share: with four test blocks there are few
# permutations of whole blocks, so that no smaller share can be asked for.
PERMUTED_P = 0.01
# The brain is taken this much later than the speech: more than a window, so that nothing is shared.
SHIFT_S = 10.0
# And by this much, on top of the trained delay, for the curve of accuracy against delay.
DELAYS_S = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5)
# Candidates alike in loudness and timing, the right one included; at most half of all.
MATCHED = 50
# A k of at most this share of the candidates: top-10 of 12 would say nothing.
LARGEST_SHARE = 0.2

_RARE = f"1 of {1 / ALARM_P:.0f}"
_ABOVE_CHANCE = f"above chance: the whole {INTERVAL} lies above it"
_AHEAD = f"the decoder is ahead: the whole {INTERVAL} of its lead lies above 0"
_AT_CHANCE = (
    f"within the story, no better than luck, which does as well in {_RARE} cases or more; and "
    f"{_AHEAD}"
)


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


def headline_k(count: float, top_k: Sequence[int]) -> int:
    """Choose the k of the controls: the largest that is at most a fifth of the candidates."""
    return max((k for k in top_k if k <= LARGEST_SHARE * count), default=1)


def compare(
    main: RankTable,
    control: RankTable,
    sizes: np.ndarray,
    sentences: "np.ndarray | pd.Series",
    *,
    k: int,
) -> dict[str, Any]:
    """Compare a control with the decoder on the same segments.

    Parameters: main and control, ranks [segments] among `sizes` [segments] candidates; sentences
    [segments].
    Returns: n; k; n_candidates, a float where it is a mean; accuracy, that of the decoder and
    chance; p_value, over sentences, of an accuracy above chance, and interval, of the accuracy;
    lead, the interval of the decoder's accuracy minus the control's; n_sentences. p_value and
    intervals are None for too few sentences.
    """
    count = int(sizes.max())
    own, reference, chance = hits(control, k, count), hits(main, k, count), np.minimum(k / sizes, 1)
    return {
        "n": len(own),
        "k": k,
        "n_candidates": count if (sizes == count).all() else float(sizes.mean()),
        "accuracy": float(own.mean()),
        "decoder": float(reference.mean()),
        "chance": float(chance.mean()),
        "p_value": above_p_value(own - chance, sentences, 0.0),
        "interval": bootstrap_interval(own, sentences),
        "lead": bootstrap_interval(reference - own, sentences, bounds=(-1.0, 1.0)),
        "n_sentences": count_sentences(sentences),
    }


def compare_tables(
    main: "pd.DataFrame", control: "pd.DataFrame", *, top_k: Sequence[int]
) -> dict[str, Any]:
    """Compare two decoders' tables of all retrieved segments, within the story, as `compare`."""
    sizes = story_sizes(main)
    return compare(
        ranks_of(main, WITHIN_STORY),
        ranks_of(control, WITHIN_STORY),
        sizes,
        main["sequence_text"],
        k=headline_k(sizes.mean(), top_k),
    )


def judge(
    *,
    proof: Mapping[str, Any],
    alignment: "pd.DataFrame",
    metrics: Mapping[str, Any],
    retrieval: "pd.DataFrame",
    controls: Mapping[str, Any],
    trained: Mapping[str, "pd.DataFrame"],
    top_k: Sequence[int],
) -> list[Verdict]:
    """Judge the main experiment, failed controls first.

    Parameters: proof, of the splits; alignment, of measure_alignment; metrics and retrieval, of the
    decoder; controls, of `control_runs.run_controls`; trained, tables of retrieved segments of the
    experiments that are controls, by name.
    """
    compared = {
        name: compare_tables(retrieval, table, top_k=top_k) for name, table in trained.items()
    }
    verdicts = [
        judge_splits(proof),
        judge_alignment(alignment),
        judge_listeners(retrieval, alignment, k=headline_k(story_sizes(retrieval).mean(), top_k)),
        judge_pairs(retrieval, headline_k(metrics["n_candidates"], top_k)),
    ]
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
        "no two splits share a stretch of audio longer than a sample and a half, whoever heard it, "
        "the margins of windows included",
        "test speech was heard in training, and the accuracy measures memory",
        {"longest_overlap_s": proof["longest_overlap_s"], "overlaps": overlaps},
    )


def judge_pairs(retrieval: "pd.DataFrame", k: int) -> Verdict:
    """Judge whether the decoder does better than with permuted pairs of brain and speech."""
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
    passed = known and numbers["p_value"] < ALARM_P and numbers["permuted_p_value"] < PERMUTED_P
    enough = smallest_p_value(blocks) < PERMUTED_P
    found = (
        f"{tell_accuracy(numbers)}; {100 * numbers['permuted_p_value']:.2f} % of the permutations "
        f"do as well, the best reaches {percent(numbers['largest_permuted'])}; "
        + tell_p_value(numbers)
    )
    if not enough:
        found += f"; not judged, since {len(blocks)} test blocks are too few to tell"
    return Verdict(
        "permuted_pairs",
        f"{PERMUTATIONS} permutations of the pairs of brain and speech",
        if_told(passed, numbers) if enough else None,
        found,
        f"fewer than 1 of {1 / PERMUTED_P:.0f} permutations, which move whole blocks, do as well; "
        f"and luck does as well in fewer than {_RARE} cases",
        "nothing was decoded",
        numbers,
    )


def judge_failure(name: str, numbers: Mapping[str, Any] | None) -> Verdict:
    """Judge a control that has to be at chance."""
    title, meaning = _MUST_FAIL[name]
    if numbers is None:
        return Verdict(name, title, None, "not run", _AT_CHANCE, meaning, None)
    known = numbers["p_value"] is not None
    passed = known and numbers["p_value"] >= ALARM_P and above(numbers["lead"], 0)
    found = f"{tell_accuracy(numbers)}, {tell_p_value(numbers)}; {tell_lead(numbers)}"
    return Verdict(name, title, if_told(passed, numbers), found, _AT_CHANCE, meaning, numbers)


def judge_timing(numbers: Mapping[str, Any]) -> Verdict:
    """Judge whether the decoder knows more than when words begin and end."""
    return Verdict(
        "timing",
        "Word onsets and durations alone",
        if_told(above(numbers["lead"], 0), numbers),
        f"{tell_accuracy(numbers)}; {tell_lead(numbers)}",
        f"within the story, {_AHEAD}",
        "nothing but the timing of words was decoded",
        numbers,
    )


def judge_matched(numbers: Mapping[str, Any]) -> Verdict:
    """Judge whether segments are told from others of the same loudness and timing."""
    return _judge_above_chance(
        "matched",
        "Candidates of the same loudness and timing",
        numbers,
        "loudness and duration explain what was found",
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
        "n_sentences": level["n_sentences"],
    }
    return _judge_above_chance(
        "apart",
        "Candidates that do not overlap",
        numbers,
        "the accuracy rests on windows that hold the same speech",
    )


def _judge_above_chance(name: str, title: str, numbers: Mapping[str, Any], meaning: str) -> Verdict:
    interval = tell_interval(numbers["interval"], numbers["n_sentences"])
    return Verdict(
        name,
        title,
        if_told(above(numbers["interval"], numbers["chance"]), numbers),
        f"{tell_accuracy(numbers)}; interval {interval}",
        _ABOVE_CHANCE,
        meaning,
        numbers,
    )
