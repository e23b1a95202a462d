"""The pages of docs/maintainers/ that a test writes, from what it found."""

import os

from tests.workflow.workspace import ROOT


def check_page(name: str, text: str) -> None:
    """Compare a page with `text`; with WRITE_PAGES=1 in the environment, write it first."""
    path = ROOT / "docs/maintainers" / name
    if os.environ.get("WRITE_PAGES") == "1":
        path.write_text(text, encoding="utf-8")
    test = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
    written = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert written == text, (
        f"docs/maintainers/{name}: expected the page that this test writes, found another one; it "
        "misleads its readers; "
        f"run `WRITE_PAGES=1 .venv/bin/python -m pytest {test}` and read what changed."
    )
