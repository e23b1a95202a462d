"""The numbers of a report: counts of the data, and metrics over the seeds of an experiment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.grouping import spelling
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import APART, SENTENCES, WITHIN_STORY, WORDS
from speech_decoding.evaluation.uncertainty import bootstrap_interval, signed_rank_p_value
from speech_decoding.report.runs import Run
from speech_decoding.report.words import training_counts
from speech_decoding.segments.blocks import SPLITS

if TYPE_CHECKING:
    import pandas as pd


def over_seeds(values: dict[int, float]) -> dict[str, Any]:
    """Give mean and standard deviation over seeds, and the value of each.

    The deviation is that of a sample (n - 1), None for a single seed.
    """
    numbers = list(values.values())
    return {
        "mean": float(np.mean(numbers)),
        "sd": float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None,
        "by_seed": {str(seed): value for seed, value in values.items()},
    }


def summarise_runs(runs: Sequence[Run], *, top_k: Sequence[int]) -> dict[str, Any]:
    """Summarise the trained decoders of one experiment.

    Returns: counts; chance levels; top-k accuracies, median rank and mean reciprocal rank over
    seeds; intervals over sentences of the accuracies averaged over seeds, and over how many; all of
    it also per subject, session, story and block, for words, sentences, candidates apart and those
    of the same story, and for smaller sets of candidates; the largest p-value; the best epochs.
    """
    first = runs[0].metrics
    counts = (
        "n_candidates",
        "n_test_segments",
        "n_test_words",
        "n_test_sentences",
        "n_training_segments",
    )
    p_values = {run.seed: run.metrics["p_value"] for run in runs}
    count, table = first["n_candidates"], runs[0].retrieval
    found = {f"top{k}": mean_hits(runs, k, count) for k in top_k}
    keys = {
        "subjects": table["subject"],
        "sessions": table["subject"] + "/" + table["session"],
        "stories": table["story"],
        "blocks": table["story"] + "/" + table["block"].astype(str),
    }

    def intervals(inside: np.ndarray) -> dict[str, tuple[float, float] | None]:
        sentences = table["sequence_text"].to_numpy()[inside]
        return {
            name: bootstrap_interval(values[inside], sentences) for name, values in found.items()
        }

    return {
        "seeds": [run.seed for run in runs],
        **{name: first[name] for name in counts},
        "n_parameters": runs[0].description["n_parameters"],
        "chance": {f"top{k}": first[f"chance_top{k}"] for k in top_k},
        **_over_runs({run.seed: run.metrics for run in runs}, top_k),
        "interval": intervals(np.ones(len(table), dtype=bool)),
        "n_sentences": first["n_sentences"],
        "p_value": {
            "largest": max(p_values.values()),
            "by_seed": {str(seed): value for seed, value in p_values.items()},
        },
        "best_epoch": {str(run.seed): best_epoch(run.history) for run in runs},
        "levels": {
            level: _over_runs({run.seed: run.metrics[level] for run in runs}, top_k)
            | {
                "n": first[level]["n"],
                "n_sentences": first[level]["n_sentences"],
                "n_answers": first[level]["n_answers"],
                "chance": {f"top{k}": first[level][f"chance_top{k}"] for k in top_k},
            }
            for level in (WORDS, SENTENCES, APART, WITHIN_STORY)
        },
        "candidate_sets": {
            size: {
                f"top{k}": over_seeds(
                    {run.seed: run.metrics["candidate_sets"][size][f"top{k}"] for run in runs}
                )
                for k in top_k
            }
            for size in first["candidate_sets"]
        },
        **{
            group: {
                key: _over_runs({run.seed: run.metrics[group][key] for run in runs}, top_k)
                | {name: first[group][key][name] for name in ("n", "n_sentences")}
                | {"interval": intervals((own == key).to_numpy())}
                for key in first[group]
            }
            for group, own in keys.items()
        },
    }


def compare_subjects(
    one: dict[str, Any], other: dict[str, Any], *, top_k: Sequence[int]
) -> dict[str, float | None]:
    """Compare two experiments (of `summarise_runs`) over the subjects that both have.

    Returns: p-values of signed-rank tests of the top-k accuracies, averaged over seeds
    (protocol 8.5); None without a common subject.
    """

    def by_subject(result: dict[str, Any], name: str) -> dict[str, float]:
        return {subject: own[name]["mean"] for subject, own in result["subjects"].items()}

    return {
        name: signed_rank_p_value(by_subject(one, name), by_subject(other, name))
        for name in (f"top{k}" for k in top_k)
    }


def mean_hits(runs: Sequence[Run], k: int, candidate_count: int) -> np.ndarray:
    """Average over seeds whether each test segment is among the k best: [segments]."""
    return np.mean([hits(ranks_of(run.retrieval), k, candidate_count) for run in runs], axis=0)


def _over_runs(metrics: dict[int, dict[str, Any]], top_k: Sequence[int]) -> dict[str, Any]:
    """Give the metrics over seeds, None where a level asks for no segment."""
    names = (*(f"top{k}" for k in top_k), "median_rank", "mean_reciprocal_rank")
    return {
        name: None
        if None in (values := {seed: own[name] for seed, own in metrics.items()}).values()
        else over_seeds(values)
        for name in names
    }


def best_epoch(history: "pd.DataFrame") -> int | None:
    """Give the first epoch of the lowest validation loss; None if no loss was ever finite."""
    losses = history["valid_loss"]
    if not np.isfinite(losses).any():
        return None
    return int(history["epoch"].iloc[int(np.nanargmin(losses))])


def count_data(
    checks: "pd.DataFrame", chunks: "pd.DataFrame", segments: "pd.DataFrame"
) -> dict[str, Any]:
    """Count recordings, subjects, segments and seconds of speech, before and after exclusion."""
    used = checks[checks["verdict"] != "excluded"]
    audio_s = audio_seconds(chunks)
    return {
        "recordings": {
            "expected": len(checks),
            "used": len(used),
            "with_warning": int((checks["verdict"] == "warning").sum()),
            "excluded": len(checks) - len(used),
        },
        "subjects": {
            "expected": int(checks["subject"].nunique()),
            "used": int(used["subject"].nunique()),
        },
        "stories": {
            "expected": int(checks["story"].nunique()),
            "used": int(used["story"].nunique()),
        },
        "speech_heard_s": float(used["story"].map(audio_s.sum(axis=1)).sum()),
        "audio_s": {split: float(audio_s[split].sum()) for split in SPLITS},
        "segments": {split: int((segments["split"] == split).sum()) for split in SPLITS},
    }


def audio_seconds(chunks: "pd.DataFrame") -> "pd.DataFrame":
    """Give the seconds of audio per story (rows, in order) and split (columns)."""
    lengths = chunks.assign(length_s=chunks["stop_s"] - chunks["start_s"])
    table = lengths.pivot_table(
        index="story", columns="split", values="length_s", aggfunc="sum", sort=False, fill_value=0
    )
    return table.reindex(columns=SPLITS, fill_value=0.0)


def count_shared(
    blocks: "pd.DataFrame", segments: "pd.DataFrame", words: "pd.DataFrame"
) -> dict[str, int]:
    """Count what training and test have in common.

    Returns: the numbers of distinct block texts and of those in more than one split, of distinct
    test sentences and of those also in training, and of distinct words of test segments and of
    those also said in the training split's audio.
    """
    splits_of_text = blocks.groupby("text")["split"].nunique()
    train, test = (
        segments[segments["split"] == split].dropna(subset=["word"]) for split in ("train", "test")
    )
    sentences = set(test["sequence_text"])
    spellings = set(test["word"].map(spelling))
    return {
        "texts": len(splits_of_text),
        "texts_shared": int((splits_of_text > 1).sum()),
        "sentences": len(sentences),
        "sentences_shared": len(sentences & set(train["sequence_text"])),
        "words": len(spellings),
        "words_shared": len(spellings & set(training_counts(words).index)),
    }
