"""The figures of a report, as SVG texts that are the same for the same numbers.

Colours are those of Okabe and Ito, told apart with any colour vision; what must be told apart also
differs in lightness or line style.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

from speech_decoding.report.formats import percent
from speech_decoding.report.summary import best_epoch

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_BLUE, _VERMILLION, _GREEN, _PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
_ORANGE, _SKY, _YELLOW, _INK, _GREY = "#E69F00", "#56B4E9", "#F0E442", "#22303c", "#6b7780"
_SPLITS = {
    "train": ("training", _SKY),
    "valid": ("validation", _YELLOW),
    "test": ("test", _VERMILLION),
}
_CYCLE = (_BLUE, _ORANGE, _GREEN, _PURPLE, _VERMILLION, _SKY)
_HISTOGRAM_BARS = 40
_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g}\N{NO-BREAK SPACE}%")

_FONT = "DejaVu Sans"  # comes with matplotlib, so that text is measured alike everywhere
_PAGE_FONTS = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
_STYLE = {
    "font.family": _FONT,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _GREY,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.prop_cycle": matplotlib.cycler(color=_CYCLE),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e8ec",
    "grid.linewidth": 0.8,
    "xtick.color": _GREY,
    "ytick.color": _GREY,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "speech-decoding",  # else element ids are random
}


@matplotlib.rc_context(_STYLE)
def draw_splits(chunks: "pd.DataFrame", *, width_in: float) -> str:
    """Draw the blocks of every story over the time of its audio, coloured by split.

    Parameters: chunks, the table of audio chunks; width_in, inches. Ticks below a story mark where
    a new audio file begins.
    """
    stories = list(chunks["story"].unique())
    figure, axes = _figure((width_in, 1.3 + 0.5 * len(stories)))
    for row, story in enumerate(stories):
        own = chunks[chunks["story"] == story]
        wav_begins_s = own.groupby("wav", sort=False)["stop_s"].max().cumsum().shift(fill_value=0.0)
        begin_s = own["start_s"] + own["wav"].map(wav_begins_s)
        for split, (_, colour) in _SPLITS.items():
            inside = own["split"] == split
            lengths_s = (own["stop_s"] - own["start_s"])[inside]
            spans = list(zip(begin_s[inside] / 60, lengths_s / 60, strict=True))
            axes.broken_barh(spans, (row - 0.3, 0.6), color=colour, edgecolor="white", lw=0.4)
        axes.plot(wav_begins_s / 60, np.full(len(wav_begins_s), row + 0.37), "^", c=_INK, ms=3.5)
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
    return _svg(figure)


@matplotlib.rc_context(_STYLE)
def draw_training(experiment: str, histories: Sequence["pd.DataFrame"], *, width_in: float) -> str:
    """Draw the losses of an experiment over epochs, best epochs marked.

    Parameters: histories, of each seed; width_in, inches.
    """
    figure, axes = _figure((width_in, 3.3))
    for history in histories:
        axes.plot(history["epoch"], history["train_loss"], c=_BLUE, ls="--", lw=1.2)
        axes.plot(history["epoch"], history["valid_loss"], c=_VERMILLION)
    for history in histories:
        chosen = history[history["epoch"] == best_epoch(history)]
        axes.plot(chosen["epoch"], chosen["valid_loss"], "o", c=_INK, ms=5.5, mec="white")
    axes.plot([], [], c=_BLUE, ls="--", lw=1.2, label="training")
    axes.plot([], [], c=_VERMILLION, label="validation")
    axes.plot([], [], "o", c=_INK, ms=5.5, mec="white", label="best epoch")
    axes.set(title=f"Loss, {experiment}", xlabel="epoch", ylabel="loss (nat)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    figure.legend(loc="outside lower center", ncols=3)
    return _svg(figure)


@matplotlib.rc_context(_STYLE)
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
    figure, axes = _figure((width_in, 3.5))
    k = np.arange(1, candidate_count + 1)
    axes.plot(k, k / candidate_count, c=_GREY, ls="--", lw=1.3, label="chance, k / N")
    for position, (experiment, by_seed) in enumerate(ranks.items()):
        colour = _CYCLE[position % len(_CYCLE)]
        curves = [np.searchsorted(np.sort(rank), k, "right") / len(rank) for rank in by_seed]
        for curve in curves if len(curves) > 1 else ():
            axes.plot(k, curve, c=colour, lw=0.7, alpha=0.5)
        mean = np.mean(curves, axis=0)
        axes.plot(k, mean, c=colour, lw=2, label=experiment)
        if position == 0:
            for chosen in (chosen for chosen in marked if chosen <= candidate_count):
                axes.plot(chosen, mean[chosen - 1], "o", c=colour, ms=5.5, mec="white")
                axes.annotate(
                    f"top-{chosen}: {percent(mean[chosen - 1])}",
                    (chosen, mean[chosen - 1]),
                    xytext=(6, -4),
                    textcoords="offset points",
                    va="top",
                    fontsize=8,
                    color=_INK,
                )
    axes.set(
        title=f"Top-k accuracy, N = {candidate_count:,} candidates",
        xlabel="k (logarithmic)",
        ylabel="segments with rank ≤ k",
        xscale="log",
        ylim=(0, 1.02),
        xlim=(0.9, candidate_count),
    )
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_major_formatter(_PERCENT)
    figure.legend(loc="outside lower center", ncols=3)
    return _svg(figure)


@matplotlib.rc_context(_STYLE)
def draw_subjects(
    accuracies: dict[str, Sequence[float]], chance: float, *, k: int, width_in: float
) -> str:
    """Draw a bar per subject, best first: mean top-k accuracy, a dot per seed, and chance.

    Parameters: accuracies, of each subject, one per seed; width_in, inches.
    """
    figure, axes = _figure((width_in, 3.3))
    order = sorted(accuracies, key=lambda subject: (-np.mean(accuracies[subject]), subject))
    place = np.arange(len(order))
    axes.bar(place, [np.mean(accuracies[subject]) for subject in order], color=_SKY, width=0.75)
    for position, subject in enumerate(order):
        values = accuracies[subject]
        if len(values) > 1:
            axes.plot(np.full(len(values), position), values, "o", c=_BLUE, ms=2.8)
    axes.axhline(chance, c=_INK, ls="--", lw=1.3, label=f"chance, {k} / N")
    many = len(order) > 12
    axes.set(
        title=f"Top-{k} accuracy of each subject",
        xlabel="subject",
        ylabel=f"segments with rank ≤ {k}",
        xlim=(-0.7, len(order) - 0.3),
        ylim=(0, None),
    )
    axes.set_xticks(place, order, rotation=90 if many else 0, fontsize=7.5 if many else 9)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.grid(axis="x", visible=False)
    axes.tick_params(axis="x", length=0)
    if any(len(values) > 1 for values in accuracies.values()):
        axes.plot([], [], "o", c=_BLUE, ms=2.8, label="one seed")
    figure.legend(loc="outside lower center", ncols=2)
    return _svg(figure)


@matplotlib.rc_context(_STYLE)
def draw_ranks(ranks: Sequence[np.ndarray], candidate_count: int, *, width_in: float) -> str:
    """Draw how often each range of ranks occurs, pooled over seeds, against equal ranks."""
    figure, axes = _figure((width_in, 3.3))
    bars = min(_HISTOGRAM_BARS, candidate_count)
    edges = np.linspace(0.5, candidate_count + 0.5, bars + 1)
    counts, _ = np.histogram(np.concatenate(ranks), edges)
    axes.bar(
        edges[:-1],
        counts / counts.sum(),
        width=np.diff(edges),
        align="edge",
        color=_SKY,
        edgecolor="white",
        lw=0.5,
    )
    axes.axhline(1 / bars, c=_INK, ls="--", lw=1.3, label="chance, all ranks alike")
    axes.set(
        title="Ranks of the heard segment",
        xlabel=f"rank among {candidate_count:,} candidates (1 = best)",
        ylabel="share of test segments",
        xlim=(0.5, candidate_count + 0.5),
    )
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.grid(axis="x", visible=False)
    figure.legend(loc="outside lower center")
    return _svg(figure)


def _figure(size: tuple[float, float]) -> tuple[Figure, "Axes"]:
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    # Text is drawn by the reader's browser in the fonts of the page.
    return stream.getvalue().replace(f"'{_FONT}'", _PAGE_FONTS)
