"""The paper's tables and the sweeps: what they train, and the ranking that the paper found."""

import json
import re

import pandas as pd
import pytest

from speech_decoding.evaluation.uncertainty import bootstrap_interval
from speech_decoding.report.outcomes import load_outcome
from tests.workflow.workspace import Workspace

RETRIEVAL = "results/demo/experiments/{}/seed-2036/retrieval.parquet"
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
        ("share", ["share-0.125", "share-0.25", "share-0.5"]),
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


# A model, and one that is behind it with the whole interval of the lead.
RANKING = [
    ("main", "base"),
    ("contrastive", "base"),
    ("main", "no_clamp"),
    ("main", "no_subject_layer"),
    ("main", "no_spatial_attention"),
]


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Workspace:
    """A workspace with the demo's table of models, and the ablations that the ranking names."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("tables") / "clone")
    retrieved = sorted({RETRIEVAL.format(name) for pair in RANKING for name in pair})
    workspace.snakemake("results/demo/paper_table.html", *retrieved)
    return workspace


def hits_of(workspace, experiment):
    """Tell of each test segment whether it is among the ten best."""
    return load_outcome(workspace.folder / "results/demo", experiment, [2036]).found[2036]


@pytest.mark.long
@pytest.mark.parametrize(("better", "worse"), RANKING)
def test_models_rank_as_in_the_paper(trained, better, worse):
    """The lead over the same segments is above 0 with its whole interval over sentences."""
    lead = hits_of(trained, better) - hits_of(trained, worse)
    sentences = pd.read_parquet(trained.folder / RETRIEVAL.format(better))["sequence_text"]
    low, _ = bootstrap_interval(lead, sentences, bounds=(-1, 1))
    assert low > 0


@pytest.mark.long
def test_regression_is_better_than_no_training(trained):
    assert hits_of(trained, "base").mean() > hits_of(trained, "random").mean()


@pytest.mark.long
def test_the_published_recipe_is_off_the_floor_and_the_ceiling(trained):
    assert 0.55 < hits_of(trained, "main").mean() < 0.8
