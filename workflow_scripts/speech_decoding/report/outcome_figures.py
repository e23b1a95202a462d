"""The figures that put experiments side by side, as SVG texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np

from speech_decoding.report.drawing import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PERCENT,
    STYLE,
    VERMILLION,
    name_places,
    number_places,
    open_figure,
    to_svg,
)

_MOST_LETTERS = 24  # of a row's name beside a narrow figure


@matplotlib.rc_context(STYLE)
def draw_comparison(
    rows: Sequence[Mapping[str, Any]], chance: float, *, k: int, width_in: float
) -> str:
    """Draw the accuracy of each row against the published one.

    Parameters: rows, of `comparison.compare_with_paper`; chance, the level of this study; width_in,
    inches.
    """
    figure, axes = open_figure((width_in, 1.5 + 0.3 * len(rows)))
    place = np.arange(len(rows))
    for position, row in enumerate(rows):
        ours, paper = row["ours"], row["paper"]
        if ours["sd"] is not None:
            values = list(ours["by_seed"].values())
            axes.plot(values, [position] * len(values), "o", c=BLUE, ms=3, alpha=0.5)
            axes.errorbar(ours["mean"], position, xerr=ours["sd"], c=BLUE, lw=1.3)
        axes.plot(ours["mean"], position, "o", c=BLUE, ms=7, mec="white")
        if paper:
            axes.errorbar(paper["mean"], position, xerr=paper["sd"], c=VERMILLION, lw=1.0)
            axes.plot(paper["mean"], position, "D", c="none", mec=VERMILLION, mew=1.4, ms=6)
    axes.axvline(chance, c=INK, ls="--", lw=1.3, label=f"chance level, {k} / N")
    axes.plot([], [], "o", c=BLUE, ms=7, mec="white", label="this study")
    if any(row["paper"] for row in rows):
        label = "published"
        axes.plot([], [], "D", c="none", mec=VERMILLION, mew=1.4, ms=6, label=label)
    axes.set(
        title=f"Top-{k} accuracy",
        xlabel=f"test segments with rank ≤ {k}",
        yticks=place,
        ylim=(len(rows) - 0.4, -0.6),
        xlim=(0, None),
    )
    wide = width_in > 6
    axes.set_yticklabels(
        [row["title"] if wide else _break(row["title"]) for row in rows], fontsize=9 if wide else 7
    )
    axes.xaxis.set_major_formatter(PERCENT)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=3 if wide else 2)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_curve(
    places: Sequence[float],
    accuracies: Sequence[Mapping[str, Any]],
    chance: float,
    *,
    k: int,
    label: str,
    logarithmic: bool,
    own: int,
    width_in: float,
) -> str:
    """Draw accuracy against a setting.

    Parameters: places, of the points on the axis named `label`; accuracies, of each point over
    seeds; chance, the level; own, the position of the base experiment, -1 if it is not a point;
    width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.5))
    order = np.argsort(places)
    x = np.asarray(places, dtype=float)[order]
    mean = np.array([accuracies[position]["mean"] for position in order])
    axes.axhline(chance, c=GREY, ls="--", lw=1.3, label=f"chance level, {k} / N")
    if accuracies[0]["sd"] is not None:
        sd = np.array([accuracies[position]["sd"] for position in order])
        axes.fill_between(x, mean - sd, mean + sd, color=BLUE, alpha=0.15, lw=0)
        for position in order:
            values = list(accuracies[position]["by_seed"].values())
            axes.plot([places[position]] * len(values), values, "o", c=BLUE, ms=3, alpha=0.5)
    axes.plot(x, mean, c=BLUE, marker="o", ms=6, mec="white", label="mean over seeds")
    if own >= 0:
        at = places[own], accuracies[own]["mean"]
        axes.plot(*at, "o", c=ORANGE, ms=9, mec=INK, label="setting of config.yaml")
    axes.set(title=f"Top-{k} accuracy", ylabel=f"test segments with rank ≤ {k}", ylim=(0, None))
    axes.set_xlabel(label + (" (log scale)" if logarithmic else ""))
    if logarithmic:
        axes.set_xscale("log")
    axes.yaxis.set_major_formatter(PERCENT)
    number_places(axes, places)
    figure.legend(loc="outside lower center", ncols=3 if width_in > 6 else 2)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_left_out(
    names: Sequence[str],
    without: Sequence[float],
    with_all: Sequence[float],
    chance: float,
    *,
    k: int,
    kind: str,
    width_in: float,
) -> str:
    """Draw the accuracy on each subject or story, left out of the training or included in it.

    Parameters: names; without and with_all, accuracies of each; kind, what they are; width_in,
    inches.
    """
    figure, axes = open_figure((width_in, 3.5))
    place = np.arange(len(names))
    for position in place:
        axes.plot([position] * 2, [without[position], with_all[position]], c=GREY, lw=1.2)
    axes.plot(place, with_all, "o", c=ORANGE, ms=7, mec=INK, label="included")
    axes.plot(place, without, "s", c=BLUE, ms=7, mec="white", label="left out")
    axes.axhline(chance, c=INK, ls="--", lw=1.3, label=f"chance level, {k} / N")
    axes.set(
        title=f"Top-{k} accuracy by {kind}",
        xlabel=kind,
        ylabel=f"test segments with rank ≤ {k}",
        ylim=(0, None),
        xlim=(-0.6, len(names) - 0.4),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    name_places(axes, place, names)
    figure.legend(loc="outside lower center", ncols=3)
    return to_svg(figure)


def _break(name: str) -> str:
    """Break a long name into two lines."""
    if len(name) <= _MOST_LETTERS:
        return name
    at = name.rfind(" ", 0, _MOST_LETTERS)
    return f"{name[:at]}\n{name[at + 1 :]}"
