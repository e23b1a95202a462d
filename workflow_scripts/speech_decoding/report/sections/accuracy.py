"""Accuracies over k, subjects, ranks and candidates, and all experiments in one table."""

from functools import partial
from typing import Any

from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES
from speech_decoding.report import accuracy_figures as figures
from speech_decoding.report.contents import Contents
from speech_decoding.report.pictures import HALF_IN, Picture, draw
from speech_decoding.report.words import neighbours

TITLE = "Accuracy"
ORDER = 80


def show(contents: Contents) -> dict[str, Any]:
    return {
        "experiment": contents.main_experiment,
        "k": contents.headline_k,
        "top_k": contents.settings["evaluation"]["top_k"],
        "fewest_sentences": FEWEST_SENTENCES,
        "pictures": _draw_all(contents),
    }


def _draw_all(contents: Contents) -> dict[str, Picture]:
    name, result, k = contents.main_experiment, contents.main_result, contents.headline_k
    top_k, count = contents.settings["evaluation"]["top_k"], result["n_candidates"]
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
        int(size): {top: value["mean"] for top, value in accuracies.items()}
        for size, accuracies in result["candidate_sets"].items()
    }
    sets[count] = {f"top{each}": result[f"top{each}"]["mean"] for each in top_k}
    return {
        "top_k": draw(
            partial(figures.draw_top_k, ranks, count, marked=top_k),
            f"Top-k accuracy for k from 1 to {count}, compared with the chance level.",
        ),
        "subjects": draw(
            partial(figures.draw_subjects, by_subject, intervals, count, k=k),
            f"Top-{k} accuracy of each subject in experiment {name}, compared with the chance "
            "level.",
            width_in=HALF_IN,
        ),
        "ranks": draw(
            partial(figures.draw_ranks, ranks[name], count),
            f"Histogram of the ranks of the heard segments in experiment {name}.",
            width_in=HALF_IN,
        ),
        "sets": draw(
            partial(figures.draw_sets, sets, top_k),
            f"Accuracy in experiment {name} against the number of candidates.",
            width_in=HALF_IN,
        ),
        "neighbours": draw(
            partial(figures.draw_neighbours, neighbours(contents.main_run.retrieval), count),
            "Share of test segments by the distance between the best candidate and the heard word.",
            width_in=HALF_IN,
        ),
    }
