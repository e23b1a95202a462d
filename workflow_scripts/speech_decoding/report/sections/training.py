"""Training curves and the epochs that were kept."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.ticker import MaxNLocator

from speech_decoding.report.contents import Contents
from speech_decoding.report.drawing import BLUE, INK, STYLE, VERMILLION, open_figure, to_svg
from speech_decoding.report.pictures import HALF_IN, WIDE_IN, draw
from speech_decoding.report.summary import best_epoch

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Training"
ORDER = 70


def show(contents: Contents) -> dict[str, Any]:
    width_in = WIDE_IN if len(contents.experiments) == 1 else HALF_IN
    pictures = [
        draw(
            partial(draw_training, name, [run.history for run in runs]),
            f"Training and validation loss of experiment {name} over epochs, one curve per seed.",
            width_in=width_in,
        )
        for name, runs in contents.experiments.items()
    ]
    return {"pictures": pictures}


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
