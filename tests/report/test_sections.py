"""A section of the report is one file, found by its name."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from configuration.settings import canonical_json
from plumbing.results import DRAFT_PAGE
from speech_decoding.report.sections import find_sections

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
ONE_FILE = """
TITLE = "A toy"
ORDER = 45
TEMPLATE = "<p>{{ contents.study }} has {{ n_stories | count }} stories, says <{{ name }}>.</p>"


def show(contents):
    return {"n_stories": len(contents.entry["layout"]["stories"]), "name": "<toy>"}
"""


@pytest.fixture
def scripts(tmp_path):
    """A copy of the code, to which files may be added."""
    return Path(
        shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    )


@pytest.fixture
def sections(scripts):
    """The folder of the sections in that copy."""
    return scripts / "speech_decoding" / "report" / "sections"


def find_in(scripts):
    """Find the sections of a copy of the code; the end of what that prints, and its status."""
    code = "from speech_decoding.report.sections import find_sections; find_sections()"
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(scripts)}, capture_output=True
    )
    return result.returncode, result.stderr.decode().strip().split("\n")[-1]


@pytest.mark.parametrize("template_beside", [False, True])
def test_one_file_more_is_one_more_section(scripts, sections, template_beside, results, settings):
    text = ONE_FILE
    if template_beside:
        html = re.search('TEMPLATE = "(.*)"\n', text)
        (sections / "toy.html.jinja").write_text(html[1])
        text = text.replace(html[0], "")
    (sections / "toy.py").write_text(text)
    command = [sys.executable, scripts / "write_report.py", "--results", results.folder]
    subprocess.run([*command, "--settings", canonical_json(settings)], check=True)
    page = results.path(DRAFT_PAGE, page="report")
    html = page.read_text(encoding="utf-8")
    assert '<li><a href="#toy">A toy</a></li>' in html
    assert "<p>demo has 2 stories, says <&lt;toy&gt;>.</p>" in html
    shown = re.findall(r'<section id="(\w+)"', html)
    place = shown.index("toy")
    assert shown[place - 1 : place + 2] == ["recordings", "toy", "splits"]


def test_sections_of_the_same_order_are_both_named(scripts, sections):
    (sections / "toy.py").write_text(ONE_FILE.replace("45", "50"))
    status, told = find_in(scripts)
    assert status != 0
    assert "sections/splits.py" in told and "sections/toy.py" in told and "50 in both" in told


@pytest.mark.parametrize("missing", ["TITLE", "ORDER", "show"])
def test_a_section_that_does_not_describe_itself_is_named(scripts, sections, missing):
    (sections / "toy.py").write_text(ONE_FILE.replace(missing, "OTHER"))
    status, told = find_in(scripts)
    assert status != 0
    assert "sections/toy.py" in told and f"found no {missing}" in told


def test_a_private_module_is_no_section(scripts, sections):
    (sections / "_toy.py").write_text("raise ImportError\n")
    assert find_in(scripts) == (0, "")


def test_no_other_file_names_a_section():
    titles = [section.title for section in find_sections()]
    assert len(titles) == len(set(titles)) > 10
    for path in SCRIPTS.rglob("*"):
        if path.suffix in (".py", ".jinja", ".js", ".css") and path.parent.name != "sections":
            text = path.read_text(encoding="utf-8")
            assert "report.sections." not in text and "report/sections/" not in text, path
