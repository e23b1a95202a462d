"""Sweeps: where each point lies, what it is asked about, and the page."""

import numpy as np
import pytest

from plumbing.results import RETRIEVAL, Results
from speech_decoding.report.sweep import sweep_setting, write_sweep
from tests.report.runs import STORIES, SUBJECTS, write_run

SEEDS = [1, 2]


def collect(results, setting, experiments):
    return sweep_setting(
        results, experiments, base="main", setting=setting, seeds=SEEDS, stride_s=0.5
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("results"))
    part = "selection"
    runs = {
        "main": {},
        "delay-0.3": {"delay_s": 0.3},
        "subjects-2": {part: {"subjects": 2}},
        "share-0.5": {part: {"share": 0.5}, "n_training_segments": 450},
    }
    runs |= {f"without_subject-{name}": {part: {"without_subject": name}} for name in SUBJECTS}
    runs |= {f"without_story-{name}": {part: {"without_story": name}} for name in STORIES}
    for experiment, changes in runs.items():
        for seed in SEEDS:
            write_run(
                results, experiment, seed, skill=0.6 if experiment == "main" else 0.4, **changes
            )
    return results


def accuracy(results, experiment, column, names):
    tables = [results.read(RETRIEVAL, experiment=experiment, seed=seed) for seed in SEEDS]
    return float(np.mean([(t["rank"] <= 10)[t[column].isin(names)].mean() for t in tables]))


def test_points_lie_where_their_settings_are(results):
    numbers = collect(results, "training.delay_s", ["main", "delay-0.3"])
    assert [point["place"] for point in numbers["points"]] == [150, 300]
    assert numbers["points"][0]["compared"] is None
    assert numbers["points"][1]["compared"]["delta"] < 0
    hours = collect(results, "training.selection.share", ["share-0.5", "main"])
    assert [point["place"] for point in hours["points"]] == [0.0625, 0.125]


def test_numbers_of_subjects_are_asked_about_those_that_all_were_trained_with(results):
    numbers = collect(results, "training.selection.subjects", ["subjects-2", "main"])
    assert numbers["subjects"] == ["01", "02"]
    assert [point["place"] for point in numbers["points"]] == [2, 5]
    for point in numbers["points"]:
        expected = accuracy(results, point["experiment"], "subject", ["01", "02"])
        assert point["accuracy"]["mean"] == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "names"), [("subject", SUBJECTS), ("story", STORIES)])
def test_what_is_left_out_is_asked_about_alone(results, kind, names):
    experiments = [f"without_{kind}-{name}" for name in names]
    numbers = collect(results, f"training.selection.without_{kind}", experiments)
    assert [point["name"] for point in numbers["points"]] == names
    for point, name in zip(numbers["points"], names, strict=True):
        own = accuracy(results, point["experiment"], kind, [name])
        assert point["accuracy"]["mean"] == pytest.approx(own)
        assert point["trained_with"]["mean"] == pytest.approx(
            accuracy(results, "main", kind, [name])
        )
    # Every test segment once, whatever the group it is in: a mean over segments, not over groups.
    sizes = np.array([point["n_test_segments"] for point in numbers["points"]])
    own = np.array([point["accuracy"]["mean"] for point in numbers["points"]])
    assert numbers["together"]["accuracy"]["mean"] == pytest.approx(
        (own * sizes).sum() / sizes.sum()
    )
    assert numbers["n_subjects"] == len(SUBJECTS)


@pytest.mark.parametrize(
    ("name", "setting", "experiments", "told"),
    [
        ("delay", "training.delay_s", ["main", "delay-0.3"], "setting of config.yaml"),
        ("subjects", "training.selection.subjects", ["subjects-2", "main"], "(01, 02)"),
        (
            "without_subject",
            "training.selection.without_subject",
            [f"without_subject-{name}" for name in SUBJECTS],
            "subject layer of that subject is the mean",
        ),
        (
            "without_story",
            "training.selection.without_story",
            [f"without_story-{name}" for name in STORIES],
            "segments of the story are left out for every subject",
        ),
        ("activation", "decoder.activation", ["main"], "gelu"),
    ],
)
def test_the_page_tells_what_was_asked(results, tmp_path, name, setting, experiments, told):
    numbers = collect(results, setting, experiments)
    path = tmp_path / "page.html"
    write_sweep(path, name, numbers, title="A study", simulated=False)
    page = path.read_text()
    assert told in page and "imulated" not in page
    body = page[page.rindex("<tbody>") : page.rindex("</tbody>")]
    assert body.count("<tr>") == len(experiments)
    first = path.read_bytes()
    write_sweep(path, name, numbers, title="A study", simulated=False)
    assert path.read_bytes() == first
