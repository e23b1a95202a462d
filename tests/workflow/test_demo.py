"""The whole workflow on a small simulated study: what it decodes is earned."""

import json

import pytest

EXPERIMENT = "results/demo/experiments/{}/seed-2036/metrics.json"


def metrics(workspace, experiment):
    return json.loads((workspace.folder / EXPERIMENT.format(experiment)).read_text())


def test_unseen_segments_are_found_far_above_chance(finished):
    main = metrics(finished, "main")
    assert main["n_candidates"] >= 40
    assert main["p_value"] < 0.001
    assert main["top10"] > 2.5 * main["chance_top10"]


@pytest.mark.parametrize("control", ["noise_input", "shuffled_pairs"])
def test_controls_fall_to_chance(finished, control):
    found = metrics(finished, control)
    assert found["n_candidates"] == metrics(finished, "main")["n_candidates"]
    assert found["p_value"] > 0.01
    assert found["top10"] < 2 * found["chance_top10"]


def test_every_control_is_green(finished):
    verdicts = json.loads((finished.folder / "results/demo/verdicts.json").read_text())
    assert len(verdicts) == 13
    assert not [verdict for verdict in verdicts if verdict["passed"] is not True]


def test_report_and_metrics_stand_side_by_side(finished):
    page = (finished.folder / "results/demo/report.html").read_text()
    assert "simulated" in page.lower() and "13 of 13 controls passed" in page
    summary = json.loads((finished.folder / "results/demo/metrics.json").read_text())
    assert set(summary["experiments"]) == {"main", "noise_input", "shuffled_pairs"}
    assert all(summary["verdicts"].values())


def test_the_report_tells_what_each_step_cost(finished):
    page = (finished.folder / "results/demo/report.html").read_text()
    costs = page[page.index("Time and memory") : page.index("SHA-256 of")]
    rules = ("preprocess_recording", "embed_speech", "train_decoder", "control_decoder")
    assert all(f'<th scope="row">{rule}</th>' in costs for rule in rules)


def test_the_report_is_part_of_snakemakes_own(workspace):
    workspace.snakemake("--report", "archive.html", "results/demo/report.html")
    archive = (workspace.folder / "archive.html").read_text()
    assert "report.html" in archive and "metrics.json" in archive
