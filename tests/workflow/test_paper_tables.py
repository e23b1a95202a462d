"""The paper's tables and the sweeps: what they train, and the ranking that the paper found."""

import json
import re

import pytest

TABLES = ["results/demo/paper_table.html", "results/demo/ablations.html"]


def planned_trainings(workspace, *targets):
    """Name the experiments that a dry run would train."""
    output = workspace.snakemake("--dry-run", *targets).stdout
    return re.findall(r"Training demo, ([\w.-]+), seed 2036", output)


def test_a_table_trains_every_row_once(finished):
    trained = planned_trainings(finished, *TABLES)
    assert len(trained) == len(set(trained)) == 14
    assert {"base", "contrastive", "deep_mel", "no_clamp"} <= set(trained)
    assert not {"main", "random"} & set(trained)  # these are there already


@pytest.mark.parametrize(
    ("sweep", "trained"),
    [
        ("delay", ["delay-0", "delay-0.05", "delay-0.1", "delay-0.2", "delay-0.25", "delay-0.3"]),
        ("hours", ["hours-0.125", "hours-0.25", "hours-0.5"]),
        ("without_subject", ["without_subject-01", "without_subject-02"]),
        ("without_story", ["without_story-night_ferry", "without_story-the_glass_orchard"]),
    ],
)
def test_a_sweep_trains_its_points_alone(finished, sweep, trained):
    target = f"results/demo/sweeps/{sweep}.html"
    assert sorted(planned_trainings(finished, target)) == trained


def test_nobody_who_is_excluded_is_left_out_again(finished, tmp_path):
    workspace = finished.sketch(tmp_path / "clone")
    config = workspace.config
    config["studies"]["demo"]["exclude"] = {"02": "slept"}
    workspace.config = config
    trained = planned_trainings(workspace, "results/demo/sweeps/without_subject.html")
    assert [name for name in trained if name != "main"] == ["without_subject-01"]


def test_an_unknown_sweep_ends_in_a_sentence(finished):
    result = finished.snakemake("results/demo/sweeps/dely.html", check=False)
    assert result.returncode != 0
    assert "sweeps.dely" in result.stdout and "(the nearest is 'delay')" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_sweep_is_trained_and_drawn(workspace):
    """Each of two subjects is left out: the other alone trains, and all candidates stay."""
    page = "results/demo/sweeps/without_subject"
    workspace.snakemake(f"{page}.html")
    numbers = json.loads((workspace.folder / f"{page}.json").read_text())
    main = workspace.folder / "results/demo/experiments/main/seed-2036"
    counts = json.loads((main / "metrics.json").read_text())
    assert numbers["n_candidates"] == counts["n_candidates"]
    assert [point["name"] for point in numbers["points"]] == ["01", "02"]
    halves = [point["n_training_segments"] for point in numbers["points"]]
    assert sum(halves) == counts["n_training_segments"] and min(halves) > 0
    for point in numbers["points"]:
        assert point["trained_with"]["mean"] == counts["subjects"][point["name"]]["top10"]
    assert "Without subject" in (workspace.folder / f"{page}.html").read_text()


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """Top-10 accuracies of the demo itself, of every row of both tables."""
    from tests.workflow.workspace import Workspace

    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("tables") / "clone")
    workspace.snakemake(*TABLES)
    return {
        name: {row["experiment"]: row["ours"]["mean"] for row in numbers["rows"]}
        | {"chance": numbers["chance"]}
        for name in ("paper_table", "ablations")
        for numbers in [json.loads((workspace.folder / f"results/demo/{name}.json").read_text())]
    }


@pytest.mark.long
def test_models_rank_as_in_the_paper(tables):
    found = tables["paper_table"]
    assert max(found["main"], found["contrastive"]) > found["base"] > found["random"]
    assert found["base"] > 1.2 * found["chance"]
    assert found["main"] > 3 * found["chance"]


@pytest.mark.long
def test_a_decoder_of_unclamped_signals_is_worse(tables):
    found = tables["ablations"]
    assert found["no_clamp"] < found["main"]
