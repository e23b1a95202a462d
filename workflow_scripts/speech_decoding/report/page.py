"""The report: one page of all sections."""

from pathlib import Path

from speech_decoding.report.contents import Contents
from speech_decoding.report.layout import lay_out
from speech_decoding.report.sections import find_sections


def write_page(path: Path, contents: Contents) -> None:
    """Write the report; equal contents give equal bytes.

    Parameters: path, of the HTML file, replaced when the new one is complete.
    Raises: InputError if a section does not describe itself.
    """
    lay_out(
        path,
        f"{contents.entry['title']}: decoding heard speech",
        [section.fill(contents) for section in find_sections()],
        simulated=contents.simulated,
    )
