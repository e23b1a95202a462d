"""The verdict of every control with its threshold, and accuracy against the neural delay."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib

from speech_decoding.evaluation.uncertainty import FEWEST_SENTENCES
from speech_decoding.report.contents import Contents
from speech_decoding.report.drawing import BLUE, GREY, PERCENT, STYLE, open_figure, to_svg
from speech_decoding.report.pictures import draw

TITLE = "Controls"
ORDER = 20


def show(contents: Contents) -> dict[str, Any]:
    run, delays = contents.main_run, contents.controls["delays"]
    delay_s = run.description["training"]["delay_s"]
    k, count = delays[0]["k"], delays[0]["n_candidates"]
    return {
        "verdicts": contents.verdicts,
        "fewest_sentences": FEWEST_SENTENCES,
        "experiment": contents.main_experiment,
        "seed": run.seed,
        "n_delayed": delays[0]["n"],
        "picture": draw(
            partial(draw_delays, delays, delay_s, count, k=k),
            f"Top-{k} accuracy against the neural delay, in milliseconds.",
        ),
    }


@matplotlib.rc_context(STYLE)
def draw_delays(
    delays: Sequence[Mapping[str, Any]],
    trained_s: float,
    candidate_count: int,
    *,
    k: int,
    width_in: float,
) -> str:
    """Draw accuracy against the neural delay at test, around that of the training.

    Parameters: delays, rows of shift_s, on top of trained_s, and accuracy; candidate_count, N;
    width_in, inches.
    """
    figure, axes = open_figure((width_in, 3.3))
    known = [row for row in delays if row["accuracy"] is not None]
    delay_ms = [1000 * (trained_s + row["shift_s"]) for row in known]
    axes.plot(delay_ms, [row["accuracy"] for row in known], "o-", c=BLUE, ms=5, mec="white")
    axes.axvline(1000 * trained_s, c=GREY, lw=1, ls=":", label="delay in training")
    chance = min(k / candidate_count, 1)
    axes.axhline(chance, c=GREY, ls="--", lw=1.3, label=f"chance level, {k} / N")
    axes.set(
        title="Accuracy by neural delay at test",
        xlabel="neural delay (ms)",
        ylabel=f"top-{k} accuracy, N = {candidate_count:,}",
        ylim=(0, None),
    )
    axes.yaxis.set_major_formatter(PERCENT)
    figure.legend(loc="outside lower center", ncols=2)
    return to_svg(figure)
