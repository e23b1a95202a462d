"""The style of figures: SVG texts that are the same for the same numbers.

Colours are those of Okabe and Ito, distinct with any colour vision; what must be distinguished
also differs in lightness or line style.
"""

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, INK, GREY = "#E69F00", "#56B4E9", "#F0E442", "#22303c", "#6b7780"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)
PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g}\N{NO-BREAK SPACE}%")

_GAP = 0.2  # of the font's size, on each side of a label: browsers' fonts differ a little in width
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


def name_places(axes: "Axes", places: Sequence[float], names: Sequence[str]) -> None:
    """Name every place on the horizontal axis: in a row if the names fit there, else upright.

    To be called when all else that decides the width of the axes is drawn.
    """
    axes.tick_params(axis="x", length=0)
    for size, rotation in ((9, 0), (7.5, 0), (7.5, 90)):
        axes.set_xticks(places, names, fontsize=size, rotation=rotation)
        if all(own.x1 < following.x0 for own, following in pairwise(_label_boxes(axes))):
            return


def number_places(axes: "Axes", places: Iterable[float]) -> None:
    """Mark places on the horizontal axis, and write their numbers where there is room.

    The last number is always written, the others from there on. To be called when all else that
    decides the width of the axes is drawn.
    """
    ordered = sorted(set(places))
    names = [f"{place:.4g}" for place in ordered]
    axes.set_xticks(ordered, names)
    axes.minorticks_off()
    left = float("inf")
    for position, box in reversed(list(enumerate(_label_boxes(axes)))):
        if box.x1 < left:
            left = box.x0
        else:
            names[position] = ""
    axes.set_xticks(ordered, names)


def write_beside(axes: "Axes", points: Sequence[tuple[float, float]], texts: Sequence[str]) -> None:
    """Write a text below and to the right of each point, farther below where others stand.

    To be called when all else that decides the size of the axes is drawn.
    """
    axes.figure.draw_without_rendering()
    placed: list[Bbox] = []
    for point, text in zip(reversed(points), reversed(texts), strict=True):
        label = axes.annotate(
            text, point, (6, -4), textcoords="offset points", va="top", fontsize=8, color=INK
        )
        while any(_box(label).overlaps(box) for box in placed):
            x, y = label.get_position()
            label.set_position((x, y - 1))
        placed.append(_box(label))


def _label_boxes(axes: "Axes") -> list[Bbox]:
    """Give the box of each label of the horizontal axis."""
    axes.figure.draw_without_rendering()
    return [_box(label) for label in axes.get_xticklabels()]


def _box(text: "Text") -> Bbox:
    """Give the place of a text in pixels, with a gap on its left and right."""
    box, gap = text.get_window_extent(), _GAP * text.get_fontsize()
    return Bbox.from_extents(box.x0 - gap, box.y0, box.x1 + gap, box.y1)


def to_svg(figure: Figure) -> str:
    """Give a figure as the text of an SVG file."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    # Text is drawn by the reader's browser in the fonts of the page.
    return stream.getvalue().replace(f"'{_FONT}'", _PAGE_FONTS)
