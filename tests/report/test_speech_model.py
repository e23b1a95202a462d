"""The section on the speech embedding: which model, and how far it is from fairseq's own."""

from dataclasses import replace

import pytest

from speech_decoding.report.contents import SpeechModel
from speech_decoding.report.layout import TEMPLATES, Part, lay_out


@pytest.fixture
def written(tmp_path):
    def write(models):
        template = TEMPLATES.get_template("sections/embedding.html.jinja")
        part = Part("embedding", "Speech embedding", template, {"models": models})
        lay_out(tmp_path / "report.html", "Study", [part])
        html = (tmp_path / "report.html").read_text(encoding="utf-8")
        return " ".join(html.split())

    return write


def test_the_checkpoint_is_named_with_its_size_and_hash(contents, written):
    page = written(contents.embeddings)
    assert "weights/&lt;model&gt;.pt" in page
    assert "1,083,941 bytes" in page
    assert "ab" * 32 in page
    assert "3, 4, 5; the last layer before" in page
    assert "64 features, 50 frames per second" in page


def test_the_difference_from_fairseq_is_shown_or_said_to_be_missing(contents, written):
    page = written(contents.embeddings)
    assert "5.7e-05, or 1.6e-06 of the layer" in page
    assert "convolutions 1.9e-06; layers 1 to 2: 3.8e-05, 5.7e-05</td>" in page
    model = contents.embeddings["wav2vec2"]
    assert "not compared" in written({"wav2vec2": replace(model, fairseq=None)})


def test_empty_mel_filters_are_reported(written):
    facts = {"target": "mel", "features": 120, "frame_hz": 125.0, "n_mels": 120}
    page = written({"mel": SpeechModel(facts | {"empty_filters": [0]}, None)})
    assert "1 of 120 with constant output: band 0" in page
    assert "fairseq" not in page[page.index("mel spectrogram") : page.index("1 of 120")]
    none = written({"mel": SpeechModel(facts | {"empty_filters": []}, None)})
    assert "none of 120" in none
