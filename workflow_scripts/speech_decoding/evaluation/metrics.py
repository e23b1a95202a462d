"""The metrics of a table of retrieved segments: at every level, for every group."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.evaluation.accuracy import hits, hits_among, permutation_p_value, summarise
from speech_decoding.evaluation.grouping import blocks_of, spelling, story_sizes
from speech_decoding.evaluation.ranks import (
    APART,
    SEGMENTS,
    SENTENCES,
    WITHIN_STORY,
    WORDS,
    RankTable,
)
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences

if TYPE_CHECKING:
    import pandas as pd


def column(level: str, name: str) -> str:
    """Name the column of a table of retrieved segments that holds a level's `rank` or `tied`."""
    return name if level == SEGMENTS else f"{level}_{name}"


def ranks_of(table: "pd.DataFrame", level: str = SEGMENTS) -> RankTable:
    """Give the ranks of a level from a table of retrieved segments."""
    return RankTable(*(table[column(level, name)].to_numpy() for name in ("rank", "tied")))


def measure(
    table: "pd.DataFrame",
    candidates: "pd.DataFrame",
    *,
    top_k: Sequence[int],
    candidate_counts: Sequence[int],
) -> dict[str, Any]:
    """Sum up a table of retrieved segments.

    Parameters: table, of `decoder.tabulate`, with `session`; candidates, in order (word,
    sequence_text, apart); top_k; candidate_counts, sizes of smaller sets of candidates.
    Returns: of segments, the counts, metrics, chance and intervals over sentences with the number
    of these, and the same per subject, session, story and block; the metrics of the other levels;
    and those among smaller random sets of candidates, exact in expectation.
    """
    count = len(candidates)
    ranks, best = ranks_of(table), np.stack(table["best"].to_numpy())
    answers = {
        SEGMENTS: np.arange(count),
        WORDS: candidates["word"].map(spelling).to_numpy(dtype=object),
        SENTENCES: candidates["sequence_text"].to_numpy(dtype=object),
        APART: np.where(candidates["apart"], np.arange(count), -1),
    }
    levels = {name: _measure_level(table, name, values, top_k) for name, values in answers.items()}
    groups = {
        "subjects": table["subject"],
        "sessions": table["subject"] + "/" + table["session"],
        "stories": table["story"],
        "blocks": table["story"] + "/" + table["block"].astype(str),
    }
    return {
        "n_candidates": count,
        "n_test_segments": len(table),
        "n_test_words": int(table["word"].map(spelling).nunique()),
        "n_test_sentences": int(table["sequence_text"].nunique()),
        "p_value": permutation_p_value(best, table["target"].to_numpy(), blocks_of(table)),
        **levels.pop(SEGMENTS),
        **levels,
        WITHIN_STORY: _measure_within_story(table, top_k),
        "candidate_sets": {
            str(size): _measure_set(ranks, count, size, top_k)
            for size in candidate_counts
            if size <= count
        },
        **{
            name: {key: _sum_up(rows, SEGMENTS, count, top_k) for key, rows in table.groupby(keys)}
            for name, keys in groups.items()
        },
    }


def guess(answers: np.ndarray) -> RankTable:
    """Rank the answer of each candidate if all candidates were found alike.

    What this reaches is the level of chance. For words and sentences it is more than k / N: those
    that more candidates stand for come first. A candidate without an answer, -1, is not asked for.
    """
    names, position, sizes = np.unique(answers, return_inverse=True, return_counts=True)
    asked = names != -1
    own = sizes[position]
    better = (sizes[asked] > own[:, None]).sum(axis=1)
    tied = (sizes[asked] == own[:, None]).sum(axis=1) * asked[position]
    return RankTable(better + (tied + 1) / 2, tied)


def _measure_level(
    table: "pd.DataFrame", level: str, answers: np.ndarray, top_k: Sequence[int]
) -> dict[str, Any]:
    """Sum up one level; answers [candidates], what each candidate stands for."""
    count = len(np.unique(answers[answers != -1]))
    guessed, target = guess(answers), table["target"].to_numpy()
    by_luck = RankTable(guessed.rank[target], guessed.tied[target])
    chance = summarise(by_luck, count, top_k=top_k)
    summary = _sum_up(table, level, count, top_k)
    return summary | {"n_answers": count} | {f"chance_top{k}": chance[f"top{k}"] for k in top_k}


def _measure_within_story(table: "pd.DataFrame", top_k: Sequence[int]) -> dict[str, Any]:
    """Sum up the ranks among the candidates of the segment's own story; n_answers is their mean."""
    sizes = story_sizes(table)
    chance = {f"chance_top{k}": float(np.minimum(k / sizes, 1).mean()) for k in top_k}
    summary = _sum_up(table, WITHIN_STORY, int(sizes.max()), top_k)
    return summary | {"n_answers": float(sizes.mean())} | chance


def _sum_up(table: "pd.DataFrame", level: str, count: int, top_k: Sequence[int]) -> dict[str, Any]:
    """Give metrics among `count` answers, and their intervals over how many sentences."""
    asked = table[table[column(level, "tied")] > 0]
    ranks = ranks_of(asked, level)
    intervals = {
        f"top{k}": bootstrap_interval(hits(ranks, k, count), asked["sequence_text"]) for k in top_k
    }
    return summarise(ranks, count, top_k=top_k) | {
        "interval": intervals,
        "n_sentences": count_sentences(asked["sequence_text"]),
    }


def _measure_set(ranks: RankTable, count: int, size: int, top_k: Sequence[int]) -> dict[str, float]:
    """Give accuracies and chance among `size` of the `count` candidates."""
    found = {f"top{k}": float(hits_among(ranks, k, count, size).mean()) for k in top_k}
    return found | {f"chance_top{k}": min(k / size, 1.0) for k in top_k}
