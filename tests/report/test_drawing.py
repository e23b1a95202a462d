"""Whatever the numbers, no text of a figure stands on another one or beyond the figure."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from speech_decoding.report import accuracy_figures, outcome_figures
from speech_decoding.report.page import write_page
from speech_decoding.report.pictures import HALF_IN, NARROW_IN, WIDE_IN
from speech_decoding.report.sections.words import draw_groups
from speech_decoding.report.words import WordGroup

# Rounding and the space around letters: less than this is no overprint.
_PIXELS = 1.0


@pytest.fixture
def drawn(monkeypatch):
    """Of each figure that is drawn, the texts that stand on another one, or beyond the figure."""
    figures_drawn, texts = [], []
    draw, save = Text.draw, Figure.savefig

    def note(text, renderer):
        if text.get_text() and text.get_visible():
            texts.append(text)
        draw(text, renderer)

    def look(figure, *arguments, **keywords):
        texts.clear()
        figure.draw_without_rendering()
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
        figures_drawn.append(
            [
                (name, other_name)
                for (name, box), (other_name, other) in combinations(boxes, 2)
                if min(box.x1, other.x1) - max(box.x0, other.x0) > _PIXELS
                and min(box.y1, other.y1) - max(box.y0, other.y0) > _PIXELS
            ]
            + [
                name
                for name, box in boxes
                if box.x0 < figure.bbox.x0 - _PIXELS or box.x1 > figure.bbox.x1 + _PIXELS
            ]
        )
        save(figure, *arguments, **keywords)

    monkeypatch.setattr(Text, "draw", note)
    monkeypatch.setattr(Figure, "savefig", look)
    return figures_drawn


def test_no_text_of_the_page_stands_on_another(contents, drawn, tmp_path):
    write_page(tmp_path / "report.html", contents)
    assert len(drawn) > 20
    assert [one for one in drawn if one] == []


@pytest.mark.parametrize("width_in", [NARROW_IN, HALF_IN, WIDE_IN])
class TestLargeStudies:
    @pytest.mark.parametrize("count", [99, 153, 261, 520, 1428])
    def test_the_number_of_candidates_is_written_beside_close_ones(self, count, width_in, drawn):
        sizes = [size for size in (10, 50, 100, 250, 500, 1000, count) if size <= count]
        sets = {size: {f"top{k}": min(1.0, 3 * k / size) for k in (1, 5, 10)} for size in sizes}
        svg = accuracy_figures.draw_sets(sets, (1, 5, 10), width_in=width_in)
        assert f">{count}<" in svg and drawn == [[]]

    def test_accuracies_at_the_ceiling(self, width_in, drawn):
        ranks = {"main": [np.array([1] * 997 + [6, 8, 300])]}
        svg = accuracy_figures.draw_top_k(ranks, 1428, marked=(1, 5, 10), width_in=width_in)
        assert all(f"top-{k}: 99." in svg for k in (1, 5, 10)) and drawn == [[]]

    @pytest.mark.parametrize("count", [4, 12, 27, 33])
    def test_subjects(self, count, width_in, drawn):
        names = [f"S{number:02d}" for number in range(count)]
        values = dict(zip(names, np.linspace(0.2, 0.9, count)[:, None], strict=True))
        intervals = {name: ((0.1, 0.95), 80 + len(name)) for name in names}
        svg = accuracy_figures.draw_subjects(values, intervals, 1428, k=10, width_in=width_in)
        assert all(f">{name}<" in svg for name in names) and drawn == [[]]

    def test_kinds_of_words(self, width_in, drawn):
        names = ["1 to 2", "3", "4", "5", "6 to 7", "8 or more"]
        groups = [WordGroup(name, 23456, 123, 0.5, (0.4, 0.6)) for name in names]
        svg = draw_groups("Length", groups, 1428, k=10, width_in=width_in)
        assert all(name in svg for name in names) and drawn == [[]]

    def test_neighbours(self, width_in, drawn):
        steps = [f"{step:+d}" if step else "0" for step in range(-5, 6)]
        shares = dict.fromkeys([*steps, "farther", "elsewhere"], 0.07)
        accuracy_figures.draw_neighbours(shares, 1428, width_in=width_in)
        assert drawn == [[]]

    @pytest.mark.parametrize("logarithmic", [False, True])
    @pytest.mark.parametrize("places", [[0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3], [32, 250, 256, 261]])
    def test_values_of_a_sweep(self, places, logarithmic, width_in, drawn):
        values = [{"mean": 0.5, "sd": None, "by_seed": {"1": 0.5}}] * len(places)
        outcome_figures.draw_curve(
            [place + logarithmic for place in places],
            values,
            0.01,
            k=10,
            label="a setting",
            logarithmic=logarithmic,
            own=1,
            width_in=width_in,
        )
        assert drawn == [[]]

    def test_subjects_and_stories_left_out(self, width_in, drawn):
        for names in (["lw1", "cable_spool_fort", "easy_money", "the_black_willow"], range(1, 28)):
            names = [str(name) for name in names]
            accuracy = np.full(len(names), 0.5)
            outcome_figures.draw_left_out(
                names, accuracy, accuracy, 0.01, k=10, kind="one", width_in=width_in
            )
        assert drawn == [[], []]
