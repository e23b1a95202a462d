"""Accuracy by length, frequency, class and condition of the heard word."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import matplotlib
import numpy as np

from speech_decoding.report.contents import Contents
from speech_decoding.report.drawing import (
    GREY,
    INK,
    PERCENT,
    SKY,
    STYLE,
    name_places,
    open_figure,
    to_svg,
)
from speech_decoding.report.pictures import HALF_IN, draw
from speech_decoding.report.summary import mean_hits
from speech_decoding.report.words import WordGroup, accuracy_by_word

TITLE = "Words"
ORDER = 90


def show(contents: Contents) -> dict[str, Any]:
    name, k = contents.main_experiment, contents.headline_k
    runs, count = contents.experiments[name], contents.main_result["n_candidates"]
    found = mean_hits(runs, k, count)
    groups = accuracy_by_word(found, runs[0].retrieval, contents.words)
    return {
        "experiment": name,
        "pictures": [
            draw(
                partial(draw_groups, title, parts, count, k=k),
                f"{title}: "
                + ", ".join(f"{part.name} {part.accuracy:.1%} of {part.n}" for part in parts),
                width_in=HALF_IN,
            )
            for title, parts in groups.items()
        ],
    }


@matplotlib.rc_context(STYLE)
def draw_groups(
    title: str, groups: Sequence[WordGroup], candidate_count: int, *, k: int, width_in: float
) -> str:
    """Draw the accuracy for each type of word with its interval and the chance level.

    Parameters: groups; candidate_count, N; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    place = np.arange(len(groups))
    accuracy = np.array([group.accuracy for group in groups])
    axes.bar(place, accuracy, color=SKY, width=0.7)
    for position, group in zip(place, groups, strict=True):
        if group.interval is not None:
            axes.plot([position] * 2, group.interval, c=INK, lw=1.3)
    chance = min(k / candidate_count, 1)
    axes.axhline(chance, c=GREY, ls="--", lw=1.3, label=f"chance level, {k} / N")
    axes.plot([], [], c=INK, lw=1.3, label="95 % confidence interval over S sentences")
    axes.set(
        title=f"By {title[0].lower()}{title[1:]}",
        ylabel=f"top-{k} accuracy, N = {candidate_count:,}",
    )
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    names = [f"{group.name}\nn = {group.n:,}\nS = {group.n_sentences:,}" for group in groups]
    name_places(axes, place, names)
    figure.legend(loc="outside lower center", ncols=1 if width_in < 6 else 2)
    return to_svg(figure)
