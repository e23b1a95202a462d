"""The figures of words: accuracy by kind of word, and neighbours taken for the heard one."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np

from speech_decoding.report.drawing import (
    BLUE,
    GREY,
    INK,
    PERCENT,
    SKY,
    STYLE,
    name_places,
    open_figure,
    to_svg,
)
from speech_decoding.report.words import FAR, WordGroup


@matplotlib.rc_context(STYLE)
def draw_groups(
    title: str, groups: Sequence[WordGroup], candidate_count: int, *, k: int, width_in: float
) -> str:
    """Draw the accuracy of each kind of word with its interval, against chance.

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
    axes.axhline(chance, c=GREY, ls="--", lw=1.3, label=f"chance, {k} / N")
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


@matplotlib.rc_context(STYLE)
def draw_neighbours(shares: Mapping[str, float], candidate_count: int, *, width_in: float) -> str:
    """Draw where the best candidate lies in relation to the heard word (`words.neighbours`).

    Parameters: shares, by place; candidate_count, N; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    names = list(shares)
    # Those that are no steps of a word stand apart.
    place = np.arange(len(names)) + np.where([name in FAR for name in names], 1.5, 0.0).cumsum()
    colours = [BLUE if name == "0" else SKY for name in names]
    axes.bar(place, list(shares.values()), color=colours, width=0.75)
    axes.set(
        title=f"Which of N = {candidate_count:,} ranks first",
        xlabel="words from the heard one, in its sentence",
        ylabel="share of test segments",
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    name_places(axes, place, names)
    return to_svg(figure)
