"""The graph of rules, as Snakemake describes it and as a picture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from speech_decoding.report.drawing import BLUE, GREY, INK, STYLE, open_figure, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NODE = re.compile(r'^\s*(\d+)\s*\[\s*label\s*=\s*"([^"\\]+)', re.MULTILINE)
_ARROW = re.compile(r"^\s*(\d+)\s*->\s*(\d+)", re.MULTILINE)
_ROW_IN = 0.62


@dataclass(frozen=True)
class RuleGraph:
    """Rules in layers: a rule lies below all that it needs.

    needs: for each rule those that it needs directly; what follows from others is left out.
    """

    layers: tuple[tuple[str, ...], ...]
    needs: Mapping[str, tuple[str, ...]]


def read_rule_graph(path: Path) -> RuleGraph:
    """Read what `snakemake --rulegraph dot` prints."""
    text = path.read_text(encoding="utf-8")
    names = dict(_NODE.findall(text))
    needs: dict[str, set[str]] = {name: set() for name in names.values()}
    for source, target in _ARROW.findall(text):
        needs[names[target]].add(names[source])
    return arrange(needs)


def arrange(needs: Mapping[str, set[str]]) -> RuleGraph:
    """Put rules into layers, near to what they need.

    Parameters: needs, the rules that each rule needs, without a circle.
    """
    depth: dict[str, int] = {}
    above: dict[str, set[str]] = {}  # all that a rule needs, directly or not

    def visit(name: str) -> None:
        if name in depth:
            return
        for other in needs[name]:
            visit(other)
        depth[name] = 1 + max((depth[other] for other in needs[name]), default=-1)
        above[name] = set().union(needs[name], *(above[other] for other in needs[name]))

    for name in sorted(needs):
        visit(name)
    direct = {
        name: tuple(sorted(own - set().union(*(above[other] for other in own))))
        for name, own in needs.items()
    }
    layers: list[tuple[str, ...]] = []
    place: dict[str, float] = {}
    for level in range(max(depth.values(), default=-1) + 1):
        own = [name for name in needs if depth[name] == level]
        near = {name: np.mean([place[other] for other in direct[name]] or [0.0]) for name in own}
        layer = tuple(sorted(own, key=lambda name: (near[name], name)))
        place |= {name: _across(position, len(layer)) for position, name in enumerate(layer)}
        layers.append(layer)
    return RuleGraph(tuple(layers), direct)


@matplotlib.rc_context(STYLE)
def draw_rule_graph(graph: RuleGraph, *, width_in: float) -> str:
    """Draw the rules from top to bottom, an arrow to each from what it needs."""
    figure, axes = open_figure((width_in, 0.5 + _ROW_IN * len(graph.layers)))
    size = 7.5 if width_in > 6 else 5.6
    place = {
        name: (_across(position, len(layer)), -float(row))
        for row, layer in enumerate(graph.layers)
        for position, name in enumerate(layer)
    }
    for name, others in graph.needs.items():
        for other in others:
            _draw_arrow(axes, place[other], place[name])
    for name, (x, y) in place.items():
        box = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": BLUE, "lw": 1.1}
        axes.text(x, y, name, ha="center", va="center", fontsize=size, color=INK, bbox=box)
    widest = max((len(layer) for layer in graph.layers), default=1)
    axes.set(
        title="Rules, from raw files to the report",
        xlim=(-0.55 * widest, 0.55 * widest),
        ylim=(0.5 - len(graph.layers), 0.5),
    )
    axes.set_axis_off()
    return to_svg(figure)


def _across(position: int, count: int) -> float:
    return position - (count - 1) / 2


def _draw_arrow(axes: "Axes", source: Sequence[float], target: Sequence[float]) -> None:
    # One that skips layers is bent, so that it does not hide behind the boxes between.
    bend = 0.0 if source[1] - target[1] < 1.5 else (0.25 if target[0] >= source[0] else -0.25)
    axes.annotate(
        "",
        (target[0], target[1] + 0.27),
        (source[0], source[1] - 0.27),
        arrowprops={
            "arrowstyle": "-|>",
            "color": GREY,
            "lw": 1,
            "shrinkA": 0,
            "shrinkB": 0,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )
