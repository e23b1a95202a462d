"""The figures of the accuracy section, as SVG texts."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.ticker import StrMethodFormatter

from speech_decoding.report.drawing import (
    BLUE,
    CYCLE,
    GREY,
    INK,
    PERCENT,
    SKY,
    STYLE,
    name_places,
    number_places,
    open_figure,
    to_svg,
    write_beside,
)
from speech_decoding.report.formats import percent
from speech_decoding.report.words import FAR

_HISTOGRAM_BARS = 40


@matplotlib.rc_context(STYLE)
def draw_top_k(
    ranks: dict[str, Sequence[np.ndarray]],
    candidate_count: int,
    *,
    marked: Sequence[int],
    width_in: float,
) -> str:
    """Draw top-k accuracy over k with the chance level.

    Parameters: ranks, of each experiment's test segments, an array per seed; candidate_count, N;
    marked, values of k that are marked on the first experiment's curve; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.5))
    k = np.arange(1, candidate_count + 1)
    axes.plot(k, k / candidate_count, c=GREY, ls="--", lw=1.3, label="chance level, k / N")
    for position, (experiment, by_seed) in enumerate(ranks.items()):
        colour = CYCLE[position % len(CYCLE)]
        curves = [np.searchsorted(np.sort(rank), k, "right") / len(rank) for rank in by_seed]
        for curve in curves if len(curves) > 1 else ():
            axes.plot(k, curve, c=colour, lw=0.7, alpha=0.5)
        mean = np.mean(curves, axis=0)
        axes.plot(k, mean, c=colour, lw=2, label=experiment)
        if position == 0:
            points = [(top, mean[top - 1]) for top in sorted(marked) if top <= candidate_count]
            axes.plot(*zip(*points, strict=True), "o", c=colour, ms=5.5, mec="white")
    axes.set(
        title=f"Top-k accuracy, N = {candidate_count:,} candidates",
        xlabel="k (log scale)",
        ylabel="test segments with rank ≤ k",
        xscale="log",
        ylim=(0, 1.02),
        xlim=(0.9, candidate_count),
    )
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_formatter(PERCENT)
    figure.legend(loc="outside lower center", ncols=3)
    write_beside(axes, points, [f"top-{top}: {percent(accuracy)}" for top, accuracy in points])
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_subjects(
    accuracies: Mapping[str, Sequence[float]],
    intervals: Mapping[str, tuple[tuple[float, float] | None, int]],
    candidate_count: int,
    *,
    k: int,
    width_in: float,
) -> str:
    """Draw a bar per subject, best first: mean top-k accuracy, its interval, a dot per seed.

    Parameters: accuracies, of each subject, one per seed; intervals, over sentences, and over how
    many; candidate_count, N; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    order = sorted(accuracies, key=lambda subject: (-np.mean(accuracies[subject]), subject))
    place = np.arange(len(order))
    axes.bar(place, [np.mean(accuracies[subject]) for subject in order], color=SKY, width=0.75)
    for position, subject in enumerate(order):
        values = accuracies[subject]
        if (interval := intervals[subject][0]) is not None:
            axes.plot([position] * 2, interval, c=INK, lw=1.3)
        if len(values) > 1:
            axes.plot(np.full(len(values), position), values, "o", c=BLUE, ms=2.8)
    axes.axhline(
        min(k / candidate_count, 1), c=INK, ls="--", lw=1.3, label=f"chance level, {k} / N"
    )
    axes.set(
        title=f"Top-{k} accuracy by subject",
        xlabel=f"subject (N = {candidate_count:,} candidates)",
        ylabel=f"test segments with rank ≤ {k}",
        xlim=(-0.7, len(order) - 0.3),
        ylim=(0, None),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    name_places(axes, place, order)
    counts = sorted({count for _, count in intervals.values()})
    over = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    axes.plot([], [], c=INK, lw=1.3, label=f"95 % confidence interval over {over} sentences")
    if any(len(values) > 1 for values in accuracies.values()):
        axes.plot([], [], "o", c=BLUE, ms=2.8, label="single seed")
    figure.legend(loc="outside lower center", ncols=1 if width_in < 6 else 3)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_ranks(ranks: Sequence[np.ndarray], candidate_count: int, *, width_in: float) -> str:
    """Draw the histogram of ranks, pooled over seeds, with the level of equally likely ranks."""
    figure, axes = open_figure((width_in, 3.3))
    bars = min(_HISTOGRAM_BARS, candidate_count)
    edges = np.linspace(0.5, candidate_count + 0.5, bars + 1)
    counts, _ = np.histogram(np.concatenate(ranks), edges)
    axes.bar(
        edges[:-1],
        counts / counts.sum(),
        width=np.diff(edges),
        align="edge",
        color=SKY,
        edgecolor="white",
        lw=0.5,
    )
    axes.axhline(1 / bars, c=INK, ls="--", lw=1.3, label="chance level, all ranks equally likely")
    axes.set(
        title="Rank of the heard segment",
        xlabel=f"rank among {candidate_count:,} candidates (1 = best)",
        ylabel="share of test segments",
        xlim=(0.5, candidate_count + 0.5),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    figure.legend(loc="outside lower center")
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_sets(
    sets: Mapping[int, Mapping[str, float]], top_k: Sequence[int], *, width_in: float
) -> str:
    """Draw accuracy against the number of candidates, the chance level dashed.

    Parameters: sets, of each size the accuracies topk; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    sizes = sorted(sets)
    for k, colour in zip(top_k, CYCLE, strict=False):
        axes.plot(
            sizes,
            [sets[size][f"top{k}"] for size in sizes],
            "o-",
            c=colour,
            ms=5,
            mec="white",
            label=f"top-{k}",
        )
        axes.plot(sizes, [min(k / size, 1) for size in sizes], c=colour, ls="--", lw=1)
    axes.plot([], [], c=GREY, ls="--", lw=1, label="chance level")
    axes.set(
        title="Accuracy by number of candidates",
        xlabel="number of candidates (log scale)",
        ylabel="top-k accuracy",
        xscale="log",
        ylim=(0, 1.02),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    number_places(axes, sizes)
    figure.legend(loc="outside lower center", ncols=4)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_neighbours(shares: Mapping[str, float], candidate_count: int, *, width_in: float) -> str:
    """Draw the distance of the best candidate from the heard word (`words.neighbours`).

    Parameters: shares, by distance; candidate_count, N; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    names = list(shares)
    # Bars without a distance in words stand apart.
    place = np.arange(len(names)) + np.where([name in FAR for name in names], 1.5, 0.0).cumsum()
    colours = [BLUE if name == "0" else SKY for name in names]
    axes.bar(place, list(shares.values()), color=colours, width=0.75)
    axes.set(
        title=f"Best of N = {candidate_count:,} candidates",
        xlabel="distance from the heard word (words)",
        ylabel="share of test segments",
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    name_places(axes, place, names)
    return to_svg(figure)
