"""Citations of the protocol lead to headings that are there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "protocol.md"
SOURCES = ("*.py", "*.smk", "*.md", "*.yaml", "*.jinja", "Snakefile")

CITED = re.compile(r"\bprotocol \d+(?:\.\d+)?(?:(?:, | and )\d+(?:\.\d+)?)*")
STEP = re.compile(r"\bprotocol (\d+), steps? (\d+)(?:(?: to |, | and )(\d+))*")
QUOTED = re.compile(r'\bprotocol \d+, "([^"]+)"')


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("the files that belong to the repository are known to git alone")
    command = ["git", "ls-files", "--", *SOURCES]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def headings() -> set[str]:
    return set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?) ", PAGE.read_text(), re.MULTILINE))


def section(number: str) -> str:
    """Give the text of a section with those below it."""
    return re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[int(number)]


def test_every_citation_leads_to_a_heading():
    known, cited = headings(), set()
    for path in tracked():
        for match in CITED.finditer(path.read_text(encoding="utf-8")):
            numbers = re.findall(r"\d+(?:\.\d+)?", match[0])
            assert known.issuperset(numbers), f"{path.relative_to(ROOT)}: {match[0]}"
            cited |= set(numbers)
    assert len(cited) > 15


def test_every_step_that_is_cited_is_there():
    found = 0
    for path in tracked():
        text = " ".join(path.read_text(encoding="utf-8").split())
        for match in STEP.finditer(text):
            steps = set(re.findall(r"^(\d+)\. ", section(match[1]), re.MULTILINE))
            assert steps.issuperset(filter(None, match.groups()[1:])), match[0]
            found += 1
        for title in QUOTED.findall(text):
            assert f"### {title}\n" in PAGE.read_text()
            found += 1
    assert found >= 5


def test_sections_are_numbered_in_order():
    numbers = [tuple(map(int, number.split("."))) for number in headings()]
    found = re.findall(r"^#{2,3} (\d+(?:\.\d+)?) ", PAGE.read_text(), re.MULTILINE)
    assert [tuple(map(int, number.split("."))) for number in found] == sorted(numbers)
