import copy
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from configuration.settings import canonical_json
from plumbing.errors import InputError
from plumbing.results import (
    DRAFT_NUMBERS,
    DRAFT_PAGE,
    HISTORY,
    METRICS,
    RETRIEVAL,
    VERDICTS,
    Results,
)
from speech_decoding.report.contents import load_contents
from speech_decoding.report.layout import lay_out
from speech_decoding.report.page import write_page
from speech_decoding.report.sections import find_sections
from tests.report.conftest import EXCLUDED, FAULT, warning

SCRIPT = Path(__file__).parents[2] / "workflow_scripts" / "write_report.py"


class Page(HTMLParser):
    """The elements of a page, its texts in order, and apart from them those of its styles."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.styles, self._inside = [], [], [], ""
        self.feed(html)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "style":
            self.styles.append(data)
        elif self._inside != "script" and data.strip():
            self.texts.append(data.strip())


@pytest.fixture(scope="module")
def written(contents, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, contents)
    return path


@pytest.fixture(scope="module")
def page(written):
    return Page(written.read_text(encoding="utf-8"))


def write_summary(path, contents):
    """Write a page of the first section alone, and read it."""
    lay_out(path, "Study", [find_sections()[0].fill(contents)])
    return Page(path.read_text(encoding="utf-8"))


def test_the_table_of_contents_leads_to_every_section(written, page):
    ids = [attributes.get("id") for tag, attributes in page.elements if tag == "section"]
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert ids == [section.name for section in find_sections()]
    assert links == ["#content", *(f"#{name}" for name in ids)]
    html = written.read_text(encoding="utf-8")
    for section in find_sections():
        assert f'<li><a href="#{section.name}">{section.title}</a></li>' in html
        assert f'<h2 id="{section.name}-title">{section.title}</h2>' in html


def test_headings_are_nested_and_heads_of_tables_have_a_scope(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[:2] == [1, 2] and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert heads and all("scope" in attributes for attributes in heads)
    every = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(every) == len(set(every))


def test_elements_are_closed_in_order(written):
    """As XML, but for what HTML writes otherwise."""
    html = written.read_text(encoding="utf-8").removeprefix("<!doctype html>")
    html = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    html = re.sub(r"<(meta|img|source|wbr)\b([^>]*)>", r"<\1\2/>", html)
    html = re.sub(r" (open|controls)(?=[ >])", r' \1=""', html)
    ElementTree.fromstring(html.replace("&nbsp;", "\u00a0"))


def test_nothing_is_loaded_from_elsewhere(page):
    for _, attributes in page.elements:
        for name in ("src", "srcset", "data", "poster", "background"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "object", "embed")]
    styles = "".join(page.styles)
    assert "@import" not in styles
    assert all(
        target.startswith("data:") for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", styles)
    )


def test_figures_are_described_in_words(page):
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    of_recordings = [image for image in images if image["alt"].startswith("Power spectrum")]
    assert (
        len(images) - len(of_recordings) == 15
    )  # controls, splits, two trainings, five of accuracy, five of words, sensors
    assert all(attributes.get("alt") for attributes in images)


def test_simulated_data_are_announced(page):
    assert "Simulated data No brain activity was recorded." in page.text
    assert "(simulated data)" in page.texts[0]  # the title


def test_recorded_data_are_not_called_simulated(contents, tmp_path):
    entry = {key: value for key, value in contents.entry.items() if key != "simulation"}
    recorded = type(contents)(**{**vars(contents), "entry": entry})
    assert "imulated data" not in write_summary(tmp_path / "report.html", recorded).text


def test_texts_of_the_user_are_escaped(written, page):
    html = written.read_text(encoding="utf-8")
    assert "<script>alert" not in html and "<b>storms" not in html and "<none>" not in html
    assert "Demo <script>alert('title')</script>" in page.text
    assert "<b>storms</b>" in page.text


def test_an_excluded_recording_is_listed_with_its_reason(page):
    assert f"{EXCLUDED} excluded {FAULT.sentence}" in page.text


def test_a_warning_is_told_once_with_the_recordings_that_it_concerns(page, contents):
    checks = contents.checks
    warned = checks.loc[checks["verdict"] == "warning", "recording"].tolist()
    assert len(warned) == 7
    told = f"{len(warned)} recordings {' '.join(warned)} with a warning First recording: "
    assert told + warning(warned[0]).sentence in page.text
    assert page.text.count(warning(warned[0]).consequence) == 1
    assert page.text.index(FAULT.sentence) < page.text.index(told)


def test_recordings_show_their_quality_and_the_lag_of_their_sound(page):
    assert "LAG-WARNING" in page.text and "60 Hz, 12 dB" in page.text and "1.23 %" in page.text
    assert "1.0 ms (r = 0.90)" in page.text and "no sound channel" in page.text


def test_the_headline_and_the_paper_stand_side_by_side(page, contents):
    result = contents.metrics["experiments"]["main"]
    accuracy, chance = result["top10"], 1000 / result["n_candidates"]
    own = f"{100 * accuracy['mean']:.1f} ± {100 * accuracy['sd']:.1f} %"
    assert f"{own} Top-10 accuracy, experiment main" in page.text
    beside = f"Published, recorded data chance level 0.7 % there, {chance:.1f} % here 70.7 ± 0.1 %"
    assert re.search(beside, page.text)
    assert "results on simulated data are not comparable with it" in page.text


def test_another_process_writes_the_same_bytes(written, results, settings, contents):
    command = [sys.executable, SCRIPT, "--results", results.folder]
    subprocess.run([*command, "--settings", canonical_json(settings)], check=True)
    report = results.read(DRAFT_PAGE, page="report")
    assert report == written.read_bytes()
    metrics = results.read(DRAFT_NUMBERS, page="metrics")
    assert metrics == json.loads(canonical_json(contents.metrics))
    assert len(report) < 3e6


def test_a_failed_control_stands_at_the_top(contents, tmp_path):
    leaking = [
        verdict | {"passed": verdict["passed"] and verdict["name"] != "splits"}
        for verdict in contents.verdicts
    ]
    failed = replace(contents, verdicts=leaking)
    page = write_summary(tmp_path / "report.html", failed)
    alarm = page.text.index("✗ Control failed: No audio shared between splits")
    assert alarm < page.text.index("Top-10 accuracy, experiment")
    assert "1 failed" in page.text and "may reflect memory" in page.text


def test_a_control_that_no_other_place_names_is_listed(contents, tmp_path):
    new = {"name": "reversed", "title": "Brain reversed in time", "passed": True}
    new |= {"found": "as chance", "threshold": "at chance", "meaning": "it is odd", "numbers": None}
    more = replace(contents, verdicts=[*contents.verdicts, new])
    (section,) = [section for section in find_sections() if section.name == "controls"]
    path = tmp_path / "report.html"
    lay_out(path, "Study", [section.fill(more)])
    assert "passed Brain reversed in time as chance at chance" in Page(path.read_text()).text


def test_every_control_is_listed_with_its_threshold(page, contents):
    for verdict in contents.verdicts:
        assert f"{verdict['title']} {verdict['found']} {verdict['threshold']}" in page.text


def test_steps_and_files_are_told(page, results):
    assert re.search(r"preprocess 13 13.0 min 60 s|preprocess 13 13.0 min 1.0 min", page.text)
    assert "check_study 1" in page.text
    digest = results.hash_of(VERDICTS)
    assert f"verdicts.json {digest}" in page.text
    assert [tag for tag, _ in page.elements].count("audio") > 12


def test_each_interval_stands_beside_its_number_of_sentences(page, contents):
    result = contents.metrics["experiments"]["main"]
    low, high = (f"{100 * edge:.1f}" for edge in result["interval"]["top10"])
    count = result["n_sentences"]
    assert f"95 % confidence interval over {count} sentences is {low} to {high} %" in page.text
    for name, row in result["stories"].items():
        low, high = (f"{100 * edge:.1f}" for edge in row["interval"]["top10"])
        assert re.search(f"{name} .* {low} to {high} % {row['n_sentences']} ", page.text)


def test_no_interval_is_told_from_few_sentences(contents, tmp_path):
    experiments = copy.deepcopy(contents.metrics["experiments"])
    experiments["main"] |= {"interval": {"top1": None, "top5": None, "top10": None}}
    experiments["main"] |= {"n_sentences": 4}
    few = replace(contents, metrics=contents.metrics | {"experiments": experiments})
    text = write_summary(tmp_path / "report.html", few).text
    assert "A confidence interval cannot be estimated from 4 sentences." in text


def test_accuracy_within_the_story_stands_beside_that_among_all(page, contents):
    within = contents.metrics["experiments"]["main"]["levels"]["within_story"]
    accuracy, chance = within["top10"]["mean"], within["chance"]["top10"]
    assert (
        f"on average), the accuracy is {100 * accuracy:.1f} % and the chance level "
        f"{100 * chance:.1f} %." in page.text
    )
    assert "Segment, candidates of the same story" in page.text


def test_thresholds_are_told_in_plain_words(contents):
    for verdict in contents.verdicts:
        assert not re.search(r"(?<!p )[<>=]|not:", verdict["threshold"])


def test_a_decoder_that_guesses_is_not_praised(results, settings, tmp_path):
    chosen = copy.deepcopy(settings)
    chosen["blocks"]["report"] |= {"experiments": ["noise_input"], "seeds": [1]}
    text = write_summary(tmp_path / "report.html", load_contents(results, **chosen)).text
    assert "does not differ from chance" in text
    assert "a single seed has none" in text  # no deviation over seeds


@pytest.mark.parametrize("missing", [HISTORY, METRICS, RETRIEVAL])
def test_a_missing_file_is_named(missing, results, settings, tmp_path):
    broken = Results(tmp_path / results.folder.name)
    shutil.copytree(results.folder, broken.folder)
    broken.path(missing, experiment="noise_input", seed=3).unlink()
    with pytest.raises(InputError, match=re.escape(f"noise_input/seed-3/{Path(missing).name}")):
        load_contents(broken, **settings)
