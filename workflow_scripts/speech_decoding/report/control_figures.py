"""The figures of the controls: accuracy against delay, and against the number of candidates."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

from speech_decoding.report.drawing import (
    BLUE,
    CYCLE,
    GREY,
    PERCENT,
    STYLE,
    number_places,
    open_figure,
    to_svg,
)


@matplotlib.rc_context(STYLE)
def draw_delays(
    delays: Sequence[Mapping[str, Any]],
    trained_s: float,
    candidate_count: int,
    *,
    k: int,
    width_in: float,
) -> str:
    """Draw accuracy against the delay of the brain, around that of the training.

    Parameters: delays, rows of shift_s, on top of trained_s, and accuracy; candidate_count, N;
    width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    known = [row for row in delays if row["accuracy"] is not None]
    delay_ms = [1000 * (trained_s + row["shift_s"]) for row in known]
    axes.plot(delay_ms, [row["accuracy"] for row in known], "o-", c=BLUE, ms=5, mec="white")
    axes.axvline(1000 * trained_s, c=GREY, lw=1, ls=":", label="as trained")
    chance = min(k / candidate_count, 1)
    axes.axhline(chance, c=GREY, ls="--", lw=1.3, label=f"chance, {k} / N")
    axes.set(
        title="Accuracy by delay, at test",
        xlabel="brain later than speech by (ms)",
        ylabel=f"top-{k} accuracy, N = {candidate_count:,}",
        ylim=(0, None),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    figure.legend(loc="outside lower center", ncols=2)
    return to_svg(figure)


@matplotlib.rc_context(STYLE)
def draw_sets(
    sets: Mapping[int, Mapping[str, float]], top_k: Sequence[int], *, width_in: float
) -> str:
    """Draw accuracy against the number of candidates, chance dashed.

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
    axes.plot([], [], c=GREY, ls="--", lw=1, label="chance")
    axes.set(
        title="Accuracy by number of candidates",
        xlabel="candidates (logarithmic)",
        ylabel="top-k accuracy",
        xscale="log",
        ylim=(0, 1.02),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    number_places(axes, sizes)
    figure.legend(loc="outside lower center", ncols=4)
    return to_svg(figure)
