"""The page: one self-contained HTML file, laid out by mne.Report."""

import re
from pathlib import Path

import mne
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from speech_decoding.files import replacing
from speech_decoding.report import formats
from speech_decoding.report.contents import Contents
from speech_decoding.report.sections import SECTIONS

_FOLDER = Path(__file__).parent  # of the templates and the style sheet
# mne.Report writes but one thing differently each time: the date in its footer.
_DATED_FOOTER = re.compile(r"Created on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d via (?=<a href)")
_FILTERS = (
    formats.percent,
    formats.percent_over_seeds,
    formats.number_over_seeds,
    formats.count,
    formats.duration,
    formats.clock,
    formats.p_value,
)


def write_page(path: Path, contents: Contents) -> None:
    """Write the report; equal contents give equal bytes.

    Parameters: path, of the HTML file, replaced when the new one is complete.
    """
    title = f"{contents.entry['title']}: heard speech, decoded"
    if contents.simulated:
        title += " (SIMULATED DATA)"
    report = mne.Report(title=title, verbose="warning")
    report.lang = "en"
    report.add_custom_css((_FOLDER / "style.css").read_text(encoding="utf-8"))
    templates = _open_templates()
    for section in SECTIONS:
        html = templates.get_template(section.template).render(section.show(contents))
        report.add_html(html, title=section.title, tags=())
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
