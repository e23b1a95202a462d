"""The report of a study as large as MEG-MASC."""

from plumbing.results import Results
from speech_decoding.report.contents import load_contents
from speech_decoding.report.page import write_page
from tests.config_advice import shipped
from tests.report.conftest import report_settings, write_results


def test_196_recordings_take_less_than_15_mb(tmp_path):
    config = shipped()
    config["studies"]["gwilliams"]["settings"] = {"report": {"seeds": [2036], "audio": True}}
    settings, results = report_settings(config, "gwilliams"), Results(tmp_path / "results")
    write_results(results, settings, blocks_per_story=8)
    contents = load_contents(results, **settings)
    assert contents.metrics["recordings"]["expected"] == 196
    write_page(tmp_path / "report.html", contents)
    page = (tmp_path / "report.html").read_bytes()
    assert page.count(b"Power spectrum") == contents.metrics["recordings"]["used"]
    assert len(page) < 15e6
