"""How a page is laid out: sections from templates, in one self-contained HTML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from plumbing.files import replacing
from speech_decoding.report import formats

_FILTERS = (
    formats.percent,
    formats.percent_over_seeds,
    formats.interval,
    formats.number_over_seeds,
    formats.points,
    formats.count,
    formats.mean_count,
    formats.duration,
    formats.clock,
    formats.p_value,
)
# Templates by their path in this folder. Whatever a template inserts is escaped.
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {function.__name__: function for function in _FILTERS}


@dataclass(frozen=True)
class Part:
    """A section of a page: its anchor, its title, its template, and the variables of that."""

    anchor: str
    title: str
    template: Template
    variables: Mapping[str, Any]


def lay_out(path: Path, title: str, parts: Sequence[Part], *, simulated: bool = False) -> None:
    """Write a page; equal parts give equal bytes.

    Parameters: path, of the HTML file, replaced when the new one is complete; simulated, whether
    the page has to say so of the data.
    """
    rendered = [(part, part.template.render(part.variables)) for part in parts]
    page = TEMPLATES.get_template("page.html.jinja")
    html = page.render(title=title, parts=rendered, simulated=simulated)
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
