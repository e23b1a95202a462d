"""The numbers of a report: counts of the data, and metrics over the seeds of an experiment."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.segments.blocks import SPLITS

if TYPE_CHECKING:
    import pandas as pd

    from speech_decoding.report.contents import Run


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


def summarise_runs(runs: Sequence["Run"], *, top_k: Iterable[int]) -> dict[str, Any]:
    """Summarise the trained decoders of one experiment.

    Returns: counts; chance levels; top-k accuracies, median rank and mean reciprocal rank over
    seeds, the accuracies also per subject; the largest p-value; the best epochs.
    """
    first = runs[0].metrics
    accuracies = [f"top{k}" for k in top_k]
    counts = ("n_candidates", "n_test_segments", "n_test_words", "n_training_segments")
    p_values = {run.seed: run.metrics["p_value"] for run in runs}
    return {
        "seeds": [run.seed for run in runs],
        **{name: first[name] for name in counts},
        "n_parameters": runs[0].description["n_parameters"],
        "chance": {name: first[f"chance_{name}"] for name in accuracies},
        **{
            name: over_seeds({run.seed: run.metrics[name] for run in runs})
            for name in (*accuracies, "median_rank", "mean_reciprocal_rank")
        },
        "p_value": {
            "largest": max(p_values.values()),
            "by_seed": {str(seed): value for seed, value in p_values.items()},
        },
        "best_epoch": {str(run.seed): best_epoch(run.history) for run in runs},
        "subjects": {
            subject: {
                name: over_seeds({run.seed: run.metrics["subjects"][subject][name] for run in runs})
                for name in accuracies
            }
            for subject in first["subjects"]
        },
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


def find_leaks(blocks: "pd.DataFrame", segments: "pd.DataFrame") -> dict[str, int]:
    """Count what training and test have in common.

    Returns: the numbers of distinct block texts and of those in more than one split, of distinct
    test sentences and of those also in training, and of distinct words that name test segments and
    of those that also name a training segment.
    """
    splits_of_text = blocks.groupby("text")["split"].nunique()
    train, test = (segments[segments["split"] == split] for split in ("train", "test"))
    counts = {"texts": len(splits_of_text), "texts_shared": int((splits_of_text > 1).sum())}
    for name, column in (("sentences", "sequence_text"), ("words", "word")):
        heard = set(test[column].dropna())
        counts |= {name: len(heard), f"{name}_shared": len(heard & set(train[column].dropna()))}
    return counts
