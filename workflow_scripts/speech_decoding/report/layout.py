"""How a page is laid out: sections from templates, in one self-contained HTML file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mne
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plumbing.files import replacing
from speech_decoding.report import formats

_FOLDER = Path(__file__).parent  # of the templates, the style sheet and the scripts
# mne.Report writes but one thing differently each time: the date in its footer.
_DATED_FOOTER = re.compile(r"Created on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d via (?=<a href)")
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


@dataclass(frozen=True)
class Part:
    """A section of a page: its title, its template, and the variables of that."""

    title: str
    template: str
    variables: Mapping[str, Any]


def lay_out(path: Path, title: str, parts: Sequence[Part], *, simulated: bool = False) -> None:
    """Write a page; equal parts give equal bytes.

    Parameters: path, of the HTML file, replaced when the new one is complete; simulated, whether
    the title has to say so of the data.
    """
    if simulated:
        title += " (SIMULATED DATA)"
    report = mne.Report(title=title, verbose="warning")
    report.lang = "en"
    report.add_custom_css((_FOLDER / "style.css").read_text(encoding="utf-8"))
    for script in ("sort.js", "print.js"):
        report.add_custom_js((_FOLDER / script).read_text(encoding="utf-8"))
    templates = _open_templates()
    for part in parts:
        html = templates.get_template(part.template).render(part.variables)
        # mne.Report's own script stops at a section without a tag; the style sheet hides it.
        report.add_html(html, title=part.title, tags=("page",))
    with replacing(path) as temporary:
        report.save(temporary, open_browser=False, overwrite=True, verbose="warning")
        page = temporary.read_text(encoding="utf-8")
        temporary.write_text(_DATED_FOOTER.sub("Laid out by ", page), encoding="utf-8")


def _open_templates() -> Environment:
    """Open the templates; whatever a template inserts is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in _FILTERS}
    return environment
