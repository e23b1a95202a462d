"""How figures look: SVG texts that are the same for the same numbers.

Colours are those of Okabe and Ito, told apart with any colour vision; what must be told apart also
differs in lightness or line style.
"""

import io
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, INK, GREY = "#E69F00", "#56B4E9", "#F0E442", "#22303c", "#6b7780"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)
PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g}\N{NO-BREAK SPACE}%")

_FONT = "DejaVu Sans"  # comes with matplotlib, so that text is measured alike everywhere
_PAGE_FONTS = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
STYLE = {
    "font.family": _FONT,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e8ec",
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "speech-decoding",  # else element ids are random
}


def open_figure(size: tuple[float, float]) -> tuple[Figure, "Axes"]:
    """Open a figure of one panel; size, width and height in inches."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def to_svg(figure: Figure) -> str:
    """Give a figure as the text of an SVG file."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    # Text is drawn by the reader's browser in the fonts of the page.
    return stream.getvalue().replace(f"'{_FONT}'", _PAGE_FONTS)
