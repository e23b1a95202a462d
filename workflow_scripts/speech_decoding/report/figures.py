"""The figures of data, training and accuracy, as SVG texts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from speech_decoding.report.drawing import (
    BLUE,
    CYCLE,
    GREY,
    INK,
    PERCENT,
    SKY,
    STYLE,
    VERMILLION,
    YELLOW,
    name_places,
    open_figure,
    to_svg,
    write_beside,
)
from speech_decoding.report.formats import percent
from speech_decoding.report.summary import best_epoch

if TYPE_CHECKING:
    import pandas as pd

_SPLITS = {
    "train": ("training", SKY),
    "valid": ("validation", YELLOW),
    "test": ("test", VERMILLION),
}
_HISTOGRAM_BARS = 40


@matplotlib.rc_context(STYLE)
def draw_splits(chunks: "pd.DataFrame", *, width_in: float) -> str:
    """Draw the blocks of every story over the time of its audio, coloured by split.

    Parameters: chunks, the table of audio chunks; width_in, inches. Ticks below a story mark where
    a new audio file begins.
    """
    stories = list(chunks["story"].unique())
    figure, axes = open_figure((width_in, 1.3 + 0.5 * len(stories)))
    for row, story in enumerate(stories):
        own = chunks[chunks["story"] == story]
        wav_begins_s = own.groupby("wav", sort=False)["stop_s"].max().cumsum().shift(fill_value=0.0)
        begin_s = own["start_s"] + own["wav"].map(wav_begins_s)
        for split, (_, colour) in _SPLITS.items():
            inside = own["split"] == split
            lengths_s = (own["stop_s"] - own["start_s"])[inside]
            spans = list(zip(begin_s[inside] / 60, lengths_s / 60, strict=True))
            axes.broken_barh(spans, (row - 0.3, 0.6), color=colour, edgecolor="white", lw=0.4)
        axes.plot(wav_begins_s / 60, np.full(len(wav_begins_s), row + 0.37), "^", c=INK, ms=3.5)
    axes.set(
        title="Blocks by split",
        xlabel="time of the audio (min)",
        yticks=range(len(stories)),
        yticklabels=stories,
        ylim=(len(stories) - 0.4, -0.5),
    )
    axes.margins(x=0.01)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    handles = [Patch(color=colour, label=name) for name, colour in _SPLITS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_training(experiment: str, histories: Sequence["pd.DataFrame"], *, width_in: float) -> str:
    """Draw the losses of an experiment over epochs, best epochs marked.

    Parameters: histories, of each seed; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    for history in histories:
        axes.plot(history["epoch"], history["train_loss"], c=BLUE, ls="--", lw=1.2)
        axes.plot(history["epoch"], history["valid_loss"], c=VERMILLION)
    for history in histories:
        chosen = history[history["epoch"] == best_epoch(history)]
        axes.plot(chosen["epoch"], chosen["valid_loss"], "o", c=INK, ms=5.5, mec="white")
    axes.plot([], [], c=BLUE, ls="--", lw=1.2, label="training")
    axes.plot([], [], c=VERMILLION, label="validation")
    axes.plot([], [], "o", c=INK, ms=5.5, mec="white", label="best epoch")
    axes.set(title=f"Loss, {experiment}", xlabel="epoch", ylabel="loss (nat)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    figure.legend(loc="outside lower center", ncols=3)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_top_k(
    ranks: dict[str, Sequence[np.ndarray]],
    candidate_count: int,
    *,
    marked: Sequence[int],
    width_in: float,
) -> str:
    """Draw top-k accuracy over k against chance.

    Parameters: ranks, of each experiment's test segments, an array per seed; candidate_count, N;
    marked, values of k that are marked on the first experiment's curve; width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.5))
    k = np.arange(1, candidate_count + 1)
    axes.plot(k, k / candidate_count, c=GREY, ls="--", lw=1.3, label="chance, k / N")
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
        xlabel="k (logarithmic)",
        ylabel="segments with rank ≤ k",
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
    axes.axhline(min(k / candidate_count, 1), c=INK, ls="--", lw=1.3, label=f"chance, {k} / N")
    axes.set(
        title=f"Top-{k} accuracy of each subject",
        xlabel=f"subject (N = {candidate_count:,} candidates)",
        ylabel=f"segments with rank ≤ {k}",
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
        axes.plot([], [], "o", c=BLUE, ms=2.8, label="one seed")
    figure.legend(loc="outside lower center", ncols=1 if width_in < 6 else 3)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_ranks(ranks: Sequence[np.ndarray], candidate_count: int, *, width_in: float) -> str:
    """Draw how often each range of ranks occurs, pooled over seeds, against equal ranks."""
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
    axes.axhline(1 / bars, c=INK, ls="--", lw=1.3, label="chance, all ranks alike")
    axes.set(
        title="Ranks of the heard segment",
        xlabel=f"rank among {candidate_count:,} candidates (1 = best)",
        ylabel="share of test segments",
        xlim=(0.5, candidate_count + 0.5),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    axes.grid(axis="x", visible=False)
    figure.legend(loc="outside lower center")
    return to_svg(figure)
