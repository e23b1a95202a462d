"""The paper's tables trained anew: the numbers, and the page that shows them."""

import re

import numpy as np
import pytest
from scipy import stats

from plumbing.errors import InputError
from plumbing.results import RETRIEVAL, Results
from speech_decoding.report.comparison import compare_with_paper, write_comparison
from speech_decoding.report.paper import COMPARISONS
from tests.report.runs import N_CANDIDATES, SUBJECTS, write_run

SEEDS = [2036, 2037, 2038]
STUDY = {"title": "A <study>", "reader": "gwilliams", "simulated": True}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("results"))
    for table in COMPARISONS.values():
        for place, row in enumerate(table.rows):
            for seed in SEEDS:
                write_run(results, row.experiment, seed, skill=0.1 + 0.05 * place)
    for seed in SEEDS:
        write_run(results, "main", seed, skill=0.8)
    return results


@pytest.fixture(scope="module")
def tables(results):
    return {
        name: compare_with_paper(results, name, reader="gwilliams", seeds=SEEDS)
        for name in COMPARISONS
    }


def found(results, experiment):
    tables = [results.read(RETRIEVAL, experiment=experiment, seed=seed) for seed in SEEDS]
    return tables[0]["subject"], np.array([table["rank"] <= 10 for table in tables])


@pytest.mark.parametrize("name", COMPARISONS)
def test_ours_are_what_was_retrieved(results, tables, name):
    subject, reference = found(results, "main")
    for row in tables[name]["rows"]:
        _, own = found(results, row["experiment"])
        by_seed = own.mean(axis=1)
        assert row["ours"]["mean"] == pytest.approx(by_seed.mean())
        assert row["ours"]["sd"] == pytest.approx(by_seed.std(ddof=1))
        if row["experiment"] == "main":
            assert row["compared"] is None
            continue
        assert row["compared"]["delta"] == pytest.approx(own.mean() - reference.mean())
        differences = [
            own[:, subject == one].mean() - reference[:, subject == one].mean() for one in SUBJECTS
        ]
        expected = stats.wilcoxon(differences, method="exact").pvalue
        assert row["compared"]["p_value"] == pytest.approx(expected)
    assert tables[name]["chance"] == 10 / N_CANDIDATES


def test_the_published_rows_are_those_of_the_paper(tables):
    models = {row["experiment"]: row["paper"] for row in tables["paper_table"]["rows"]}
    top_10 = {
        name: (round(100 * p["mean"], 1), round(100 * p["sd"], 1)) for name, p in models.items()
    }
    assert top_10 == {
        "random": (0.7, 0.1),
        "base": (12.4, 1.2),
        "contrastive": (55.1, 0.7),
        "deep_mel": (64.4, 0.8),
        "main": (70.7, 0.1),
    }
    ablations = {row["experiment"]: row["paper"] for row in tables["ablations"]["rows"]}
    deltas = {name: round(100 * paper["mean_delta"], 1) for name, paper in ablations.items()}
    assert deltas == {
        "main": 0,
        "subject_embedding": 0.5,
        "clamp_100": 0.1,
        "no_spatial_dropout": -0.4,
        "relu": -1.4,
        "no_residual": -2.5,
        "no_final_convolutions": -2.7,
        "no_initial_layer": -3.1,
        "no_spatial_attention": -3.3,
        "no_glu": -6.8,
        "no_subject_layer": -14.9,
        "no_clamp": -33.6,
    }
    assert ablations["no_clamp"]["p_value"] == 1.9e-30
    assert ablations["no_clamp"]["delta"] == pytest.approx((22.3 - 66.7) / 100)


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_page_holds_every_row_and_says_whose_number_is_whose(tables, name, tmp_path):
    path = tmp_path / "page.html"
    write_comparison(path, name, tables[name], **STUDY)
    page = path.read_text()
    body = page[page.rindex("<tbody>") : page.rindex("</tbody>")]
    for row in tables[name]["rows"]:
        assert row["experiment"] in body
        assert f"{100 * row['ours']['mean']:.1f} ± {100 * row['ours']['sd']:.1f}" in body
    assert body.count("<tr>") == len(COMPARISONS[name].rows)
    assert "The chance level is 0.7\u00a0% in the paper" in page
    assert "They were not computed here, and results on simulated data are not comparable" in page
    assert "Simulated data" in page and "A &lt;study&gt;" in page
    assert not re.search(r'(src|href)="https?://', page)
    first = path.read_bytes()
    write_comparison(path, name, tables[name], **STUDY)
    assert path.read_bytes() == first


def test_a_study_without_published_numbers_has_ours_alone(results, tmp_path):
    numbers = compare_with_paper(results, "ablations", reader="other", seeds=SEEDS[:1])
    assert all(row["paper"] is None and row["ours"]["sd"] is None for row in numbers["rows"])
    path = tmp_path / "page.html"
    write_comparison(path, "ablations", numbers, title="T", reader="other", simulated=False)
    page = path.read_text()
    assert "quoted from" not in page and "imulated" not in page


def test_a_missing_run_is_named(results):
    with pytest.raises(InputError, match="seed-7"):
        compare_with_paper(results, "paper_table", reader="gwilliams", seeds=[7])
