"""The report: one page, a section for each stage."""

from pathlib import Path

from speech_decoding.report.contents import Contents
from speech_decoding.report.layout import Part, lay_out
from speech_decoding.report.sections import SECTIONS


def write_page(path: Path, contents: Contents) -> None:
    """Write the report; equal contents give equal bytes.

    Parameters: path, of the HTML file, replaced when the new one is complete.
    """
    lay_out(
        path,
        f"{contents.entry['title']}: heard speech, decoded",
        [Part(section.title, section.template, section.show(contents)) for section in SECTIONS],
        simulated=contents.simulated,
    )
