"""The sections of a report: for each its title, its template and what the template shows."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES
from speech_decoding.report import control_figures, figures, sensor_figures, word_figures
from speech_decoding.report.contents import Contents
from speech_decoding.report.examples import choose_examples, right_sentence_share
from speech_decoding.report.formats import flatten
from speech_decoding.report.paper import TOP_10
from speech_decoding.report.pictures import HALF_IN, WIDE_IN, draw, embed_png
from speech_decoding.report.remarks import list_remarks
from speech_decoding.report.runs import Run
from speech_decoding.report.summary import audio_seconds, count_shared, mean_hits
from speech_decoding.report.words import accuracy_by_word, neighbours
from speech_decoding.segments.blocks import SPLITS

# Above this p-value the page does not say that anything was decoded.
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Section:
    """One section of the page; `show` gives the variables of `template`."""

    title: str
    template: str
    show: Callable[[Contents], dict[str, Any]]


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
        "interval": result["interval"][f"top{k}"],
        "failed": [verdict for verdict in contents.verdicts if verdict["passed"] is False],
        "not_run": [verdict for verdict in contents.verdicts if verdict["passed"] is None],
        "paper": TOP_10.get(reader) if k == 10 else None,
        "reader": reader,
    }


def show_data(contents: Contents) -> dict[str, Any]:
    """Recordings before and after exclusion, every cause of that, and the stories."""
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
    return {
        "contents": contents,
        "stories": stories,
        "remarks": list_remarks(checks, contents.findings),
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
            "picture": embed_png(quality.picture),
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
        "shared": count_shared(contents.blocks, contents.segments, contents.words),
        "picture": draw(partial(figures.draw_splits, contents.chunks), words),
    }


def show_embeddings(contents: Contents) -> dict[str, Any]:
    """What each experiment's speech was embedded with."""
    return {"models": contents.embeddings}


def show_training(contents: Contents) -> dict[str, Any]:
    """Training curves and the epochs that were kept."""
    width_in = WIDE_IN if len(contents.experiments) == 1 else HALF_IN
    pictures = [
        draw(
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
    intervals = {
        subject: (value["interval"][f"top{k}"], value["n_sentences"])
        for subject, value in result["subjects"].items()
    }
    sets = {
        int(size): {name: value["mean"] for name, value in accuracies.items()}
        for size, accuracies in result["candidate_sets"].items()
    }
    sets[count] = {f"top{k}": result[f"top{k}"]["mean"] for k in top_k}
    return {
        "contents": contents,
        "experiment": name,
        "k": k,
        "top_k": top_k,
        "fewest_sentences": FEWEST_SENTENCES,
        "pictures": [
            draw(
                partial(figures.draw_top_k, ranks, count, marked=top_k),
                f"Accuracy over k, from 1 to {count}, against chance.",
            ),
            draw(
                partial(figures.draw_subjects, by_subject, intervals, count, k=k),
                f"Top-{k} accuracy of each subject in experiment {name}, against chance.",
                width_in=HALF_IN,
            ),
            draw(
                partial(figures.draw_ranks, ranks[name], count),
                f"Histogram of the ranks of the heard segments in experiment {name}.",
                width_in=HALF_IN,
            ),
            draw(
                partial(control_figures.draw_sets, sets, top_k),
                f"Accuracy in experiment {name} against the number of candidates.",
                width_in=HALF_IN,
            ),
            draw(
                partial(
                    word_figures.draw_neighbours, neighbours(_first_run(contents).retrieval), count
                ),
                "Share of test segments whose best candidate is a neighbour of the heard word.",
                width_in=HALF_IN,
            ),
        ],
    }


def show_controls(contents: Contents) -> dict[str, Any]:
    """Every verdict with its threshold, and accuracy against delay."""
    run = _first_run(contents)
    controls, delay_s = contents.controls, run.description["training"]["delay_s"]
    k, count = (controls["delays"][0][key] for key in ("k", "n_candidates"))
    return {
        "verdicts": contents.verdicts,
        "fewest_sentences": FEWEST_SENTENCES,
        "experiment": next(iter(contents.experiments)),
        "seed": run.seed,
        "asked": controls["delays"][0]["n"],
        "picture": draw(
            partial(control_figures.draw_delays, controls["delays"], delay_s, count, k=k),
            f"Top-{k} accuracy against the delay of the brain, in milliseconds.",
        ),
    }


def show_words(contents: Contents) -> dict[str, Any]:
    """Accuracy by length, frequency and condition of the heard word."""
    name, result = _first_result(contents)
    k, runs, count = _headline_k(contents), contents.experiments[name], result["n_candidates"]
    found = mean_hits(runs, k, count)
    groups = accuracy_by_word(found, runs[0].retrieval, contents.words)
    return {
        "experiment": name,
        "pictures": [
            draw(
                partial(word_figures.draw_groups, title, parts, count, k=k),
                f"{title}: "
                + ", ".join(f"{part.name} {part.accuracy:.1%} of {part.n}" for part in parts),
                width_in=HALF_IN,
            )
            for title, parts in groups.items()
        ],
    }


def show_sensors(contents: Contents) -> dict[str, Any]:
    """The attention to sensors, of the layout that most recordings share."""
    run = _first_run(contents)
    attention = run.attention
    if attention.empty:
        return {"layouts": 0}
    own = attention[attention["layout"] == attention["layout"][attention["recordings"].idxmax()]]
    strongest = own.sort_values(["attention", "sensor"], ascending=[False, True]).head(5)
    return {
        "layouts": int(attention["layout"].nunique()),
        "recordings": int(own["recordings"].iloc[0]),
        "experiment": next(iter(contents.experiments)),
        "seed": run.seed,
        "strongest": strongest.to_dict("records"),
        "picture": draw(
            partial(sensor_figures.draw_attention, own),
            f"Map of the attention to {len(own)} sensors; the strongest are "
            + ", ".join(strongest["sensor"]),
            width_in=HALF_IN,
        ),
    }


def show_examples(contents: Contents) -> dict[str, Any]:
    """A few retrieved segments of the first experiment and seed."""
    name, result = _first_result(contents)
    run = contents.experiments[name][0]
    return {
        "experiment": name,
        "seed": run.seed,
        "result": result,
        "groups": choose_examples(run.retrieval, contents.listening),
        "right_sentence": right_sentence_share(run.retrieval),
    }


def show_settings(contents: Contents) -> dict[str, Any]:
    """Every setting and version."""
    cards = {f"Study {contents.study}": contents.entry, **contents.settings}
    for name, runs in contents.experiments.items():
        described = {key: value for key, value in runs[0].description.items() if key != "layouts"}
        cards[f"Experiment {name}, as trained (seed {runs[0].seed})"] = described
    cards["Software"] = contents.origin
    return {"cards": {title: list(flatten(values)) for title, values in cards.items()}}


def show_provenance(contents: Contents) -> dict[str, Any]:
    """The state of the code, what each step cost, and hashes of files."""
    return {"origin": contents.origin, "costs": contents.costs, "hashes": contents.hashes}


SECTIONS = (
    Section("Summary", "summary.html.jinja", show_summary),
    Section("Controls", "controls.html.jinja", show_controls),
    Section("Data and exclusions", "data.html.jinja", show_data),
    Section("Recordings", "recordings.html.jinja", show_recordings),
    Section("Splits", "splits.html.jinja", show_splits),
    Section("Speech embedding", "embedding.html.jinja", show_embeddings),
    Section("Training", "training.html.jinja", show_training),
    Section("Accuracy", "accuracy.html.jinja", show_accuracy),
    Section("Words", "words.html.jinja", show_words),
    Section("Sensors", "sensors.html.jinja", show_sensors),
    Section("Retrieved segments", "examples.html.jinja", show_examples),
    Section("Settings and versions", "settings.html.jinja", show_settings),
    Section("Provenance", "provenance.html.jinja", show_provenance),
)


def _first_result(contents: Contents) -> tuple[str, dict[str, Any]]:
    """Give the name and the numbers of the first experiment, the study's result."""
    return next(iter(contents.metrics["experiments"].items()))


def _first_run(contents: Contents) -> Run:
    """Give the first seed of the first experiment."""
    return next(iter(contents.experiments.values()))[0]


def _headline_k(contents: Contents) -> int:
    """Choose the k of the headline: 10 as in the paper, or the largest that was evaluated."""
    top_k = contents.settings["evaluation"]["top_k"]
    return 10 if 10 in top_k else max(top_k)
