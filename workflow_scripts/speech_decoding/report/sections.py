"""The sections of a report: for each its title, its template and what the template shows."""

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from speech_decoding.report import figures
from speech_decoding.report.contents import Contents
from speech_decoding.report.examples import choose_examples, right_sentence_share
from speech_decoding.report.formats import flatten
from speech_decoding.report.paper import TOP_10
from speech_decoding.report.summary import audio_seconds, find_leaks
from speech_decoding.segments.blocks import SPLITS

# Above this p-value the page does not say that anything was decoded.
_SIGNIFICANT = 0.05
# Widths of figures: over the whole text, two side by side, and on a phone.
_WIDE_IN, _HALF_IN, _NARROW_IN = 9.6, 4.7, 4.0


@dataclass(frozen=True)
class Section:
    """One section of the page; `show` gives the variables of `template`."""

    title: str
    template: str
    show: Callable[[Contents], dict[str, Any]]


@dataclass(frozen=True)
class Picture:
    """A figure as sources of an image, the second for a narrow screen, and what it shows."""

    wide: str
    narrow: str
    words: str


def show_summary(contents: Contents) -> dict[str, Any]:
    """The headline: accuracy of the first experiment, chance, p-value, the paper's result."""
    name, result = _first_result(contents)
    k = _headline_k(contents)
    first_run = contents.experiments[name][0]
    window = first_run.description["window"]
    reader = contents.entry["reader"]
    accuracies = [value[f"top{k}"]["mean"] for value in result["subjects"].values()]
    return {
        "contents": contents,
        "experiment": name,
        "result": result,
        "k": k,
        "accuracy": result[f"top{k}"],
        "chance": result["chance"][f"top{k}"],
        "decoded": result["p_value"]["largest"] < _SIGNIFICANT,
        "window_s": window["stop_s"] - window["start_s"],
        "subject_range": (min(accuracies), max(accuracies)),
        "paper": TOP_10.get(reader) if k == 10 else None,
        "reader": reader,
    }


def show_data(contents: Contents) -> dict[str, Any]:
    """Recordings before and after exclusion, every reason, and the stories."""
    checks = contents.checks
    used = checks[checks["verdict"] != "excluded"]
    audio_s = audio_seconds(contents.chunks).sum(axis=1)
    stories = [
        {
            "story": story,
            "audio_s": float(audio_s.get(story, 0.0)),
            "expected": len(rows),
            "used": int((rows["verdict"] != "excluded").sum()),
            "subjects": int(used.loc[used["story"] == story, "subject"].nunique()),
            "segments": int((contents.segments["story"] == story).sum()),
        }
        for story, rows in checks.groupby("story", sort=False)
    ]
    remarks = checks[checks["reasons"] != ""].sort_values(["verdict", "recording"])
    return {
        "contents": contents,
        "stories": stories,
        "remarks": remarks.to_dict("records"),
        "left_out": contents.left_out,
    }


def show_recordings(contents: Contents) -> dict[str, Any]:
    """The quality of every used recording, and how far its sound lies from its events."""
    aligned = contents.alignment.set_index("recording")
    rows = [
        {
            "recording": name,
            **quality.figures,
            "lag_ms": _known(aligned["lag_ms"].get(name)),
            "correlation": _known(aligned["correlation"].get(name)),
            "warning": aligned["warning"].get(name, ""),
            "picture": "data:image/png;base64," + base64.b64encode(quality.picture).decode(),
        }
        for name, quality in contents.quality.items()
    ]
    return {
        "rows": rows,
        "with_sound": sum(row["lag_ms"] is not None for row in rows),
        "warnings": [row for row in rows if row["warning"]],
    }


def _known(value: float | None) -> float | None:
    """Give a number of a table, None where the table has none."""
    return None if value is None or math.isnan(value) else float(value)


def show_splits(contents: Contents) -> dict[str, Any]:
    """Blocks over time, seconds and segments of each split, and what splits share."""
    audio_s = audio_seconds(contents.chunks)
    segments = contents.segments.groupby(["story", "split"]).size()
    blocks = contents.chunks.drop_duplicates(["story", "block"]).groupby("split").size()
    stories = [
        {
            "story": story,
            "audio_s": audio_s.loc[story].to_dict(),
            "segments": {split: int(segments.get((story, split), 0)) for split in SPLITS},
        }
        for story in audio_s.index
    ]
    words = (
        f"Time line of each story: {len(contents.chunks)} stretches of audio in the training, "
        "validation and test splits."
    )
    return {
        "contents": contents,
        "splits": SPLITS,
        "stories": stories,
        "block_counts": {split: int(blocks.get(split, 0)) for split in SPLITS},
        "leaks": find_leaks(contents.blocks, contents.segments),
        "picture": _draw(partial(figures.draw_splits, contents.chunks), words),
    }


def show_training(contents: Contents) -> dict[str, Any]:
    """Training curves and the epochs that were kept."""
    width_in = _WIDE_IN if len(contents.experiments) == 1 else _HALF_IN
    pictures = [
        _draw(
            partial(figures.draw_training, name, [run.history for run in runs]),
            f"Training and validation loss of experiment {name} over epochs, per seed.",
            width_in=width_in,
        )
        for name, runs in contents.experiments.items()
    ]
    return {"contents": contents, "pictures": pictures}


def show_accuracy(contents: Contents) -> dict[str, Any]:
    """Accuracies over k, subjects and ranks, and all experiments in one table."""
    name, result = _first_result(contents)
    k, count = _headline_k(contents), result["n_candidates"]
    top_k = contents.settings["evaluation"]["top_k"]
    ranks = {
        experiment: [run.retrieval["rank"].to_numpy() for run in runs]
        for experiment, runs in contents.experiments.items()
    }
    by_subject = {
        subject: list(value[f"top{k}"]["by_seed"].values())
        for subject, value in result["subjects"].items()
    }
    chance = result["chance"][f"top{k}"]
    return {
        "contents": contents,
        "experiment": name,
        "k": k,
        "top_k": top_k,
        "pictures": [
            _draw(
                partial(figures.draw_top_k, ranks, count, marked=top_k),
                f"Accuracy over k, from 1 to {count}, against chance.",
            ),
            _draw(
                partial(figures.draw_subjects, by_subject, chance, k=k),
                f"Top-{k} accuracy of each subject in experiment {name}, against chance.",
                width_in=_HALF_IN,
            ),
            _draw(
                partial(figures.draw_ranks, ranks[name], count),
                f"Histogram of the ranks of the heard segments in experiment {name}.",
                width_in=_HALF_IN,
            ),
        ],
    }


def show_examples(contents: Contents) -> dict[str, Any]:
    """A few retrieved segments of the first experiment and seed."""
    name, result = _first_result(contents)
    run = contents.experiments[name][0]
    return {
        "experiment": name,
        "seed": run.seed,
        "result": result,
        "groups": choose_examples(run.retrieval),
        "right_sentence": right_sentence_share(run.retrieval),
    }


def show_settings(contents: Contents) -> dict[str, Any]:
    """Every setting and version."""
    cards = {f"Study {contents.study}": contents.entry, **contents.settings}
    for name, runs in contents.experiments.items():
        cards[f"Experiment {name}, as trained (seed {runs[0].seed})"] = runs[0].description
    cards["Software"] = contents.origin
    return {"cards": {title: list(flatten(values)) for title, values in cards.items()}}


SECTIONS = (
    Section("Summary", "summary.html.jinja", show_summary),
    Section("Data and exclusions", "data.html.jinja", show_data),
    Section("Recordings", "recordings.html.jinja", show_recordings),
    Section("Splits", "splits.html.jinja", show_splits),
    Section("Training", "training.html.jinja", show_training),
    Section("Accuracy", "accuracy.html.jinja", show_accuracy),
    Section("Retrieved segments", "examples.html.jinja", show_examples),
    Section("Settings and versions", "settings.html.jinja", show_settings),
)


def _first_result(contents: Contents) -> tuple[str, dict[str, Any]]:
    """Give the name and the numbers of the first experiment, the study's result."""
    return next(iter(contents.metrics["experiments"].items()))


def _headline_k(contents: Contents) -> int:
    """Choose the k of the headline: 10 as in the paper, or the largest that was evaluated."""
    top_k = contents.settings["evaluation"]["top_k"]
    return 10 if 10 in top_k else max(top_k)


def _draw(draw: Callable[..., str], words: str, *, width_in: float = _WIDE_IN) -> Picture:
    """Draw a figure twice: `width_in` inches wide, and for a phone."""
    wide, narrow = (_embed(draw(width_in=width)) for width in (width_in, _NARROW_IN))
    return Picture(wide, narrow, words)


def _embed(svg: str) -> str:
    """Give an SVG as the source of an image; element ids of two figures cannot clash there."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
