from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from speech_decoding.report.rule_graph import arrange, draw_rule_graph, read_rule_graph
from tests.report.conftest import RULES


@st.composite
def graphs(draw):
    """Rules a to h, each needing some of those before it."""
    names = "abcdefgh"[: draw(st.integers(0, 8))]
    return {
        name: draw(st.sets(st.sampled_from(names[:place]))) if place else set()
        for place, name in enumerate(names)
    }


def reachable(needs, name):
    """All that a rule needs, by walking."""
    return set(needs[name]).union(*(reachable(needs, other) for other in needs[name]))


@settings(deadline=None, max_examples=100)
@given(graphs())
def test_a_rule_lies_below_all_that_it_needs_and_nothing_is_lost(needs):
    graph = arrange(needs)
    depth = {name: row for row, layer in enumerate(graph.layers) for name in layer}
    assert depth.keys() == needs.keys()
    for name in needs:
        assert reachable(graph.needs, name) == reachable(needs, name)
        assert all(depth[other] < depth[name] for other in needs[name])
        assert not any(
            one in reachable(needs, other) or other in reachable(needs, one)
            for one, other in combinations(graph.needs[name], 2)
        )


def test_the_text_of_snakemake_is_read(tmp_path):
    (tmp_path / "rules.dot").write_text(RULES)
    graph = read_rule_graph(tmp_path / "rules.dot")
    assert graph.layers == (("cut_segments",), ("train_decoder",), ("write_report",))
    assert graph.needs["write_report"] == ("train_decoder",)
    svg = draw_rule_graph(graph, width_in=9.6)
    assert all(name in svg for name in graph.needs)
    assert svg == draw_rule_graph(graph, width_in=9.6)
