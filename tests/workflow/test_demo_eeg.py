"""The whole workflow on a small simulated EEG study, with a refused and a repaired listener."""

import json

import pandas as pd
import pytest

from tests.workflow.workspace import Workspace

RESULTS = "results/demo_eeg"


@pytest.fixture(scope="module")
def finished_eeg(tmp_path_factory) -> Workspace:
    """A workspace in which the report of a smaller `demo_eeg` was made."""
    workspace = Workspace.of_the_repository(tmp_path_factory.mktemp("eeg") / "clone")
    config = workspace.config
    study = config["studies"]["demo_eeg"]
    study["layout"]["subjects"] = ["S02", "S26", "S44"]
    study["simulation"]["snr"] = 0.3
    study["settings"]["training"] |= {"epochs": 5, "patience": 5, "learning_rate": 0.001}
    workspace.config = config
    workspace.snakemake(f"{RESULTS}/report.html")
    return workspace


def table(workspace: Workspace, name: str) -> pd.DataFrame:
    return pd.read_parquet(workspace.folder / RESULTS / f"{name}.parquet")


def test_unseen_segments_are_found_far_above_chance(finished_eeg):
    path = finished_eeg.folder / RESULTS / "experiments/main/seed-2036/metrics.json"
    main = json.loads(path.read_text())
    assert main["n_candidates"] >= 40
    assert main["p_value"] < 0.01  # few blocks leave none much smaller
    assert main["top10"] > 2.5 * main["chance_top10"]


def test_each_listener_gets_a_verdict(finished_eeg):
    checks = table(finished_eeg, "checks").set_index("recording")
    assert checks["verdict"].to_dict() == {
        "S02": "excluded",
        "S26": "warning",
        "S44": "used",
    }
    assert "the trials of S10" in checks.loc["S02", "reasons"]


def test_the_sound_is_where_the_events_place_it(finished_eeg):
    alignment = table(finished_eeg, "alignment").set_index("recording")
    assert list(alignment.index) == ["S26", "S44"]
    assert abs(alignment.loc["S26", "lag_ms"]) <= 2
    assert pd.isna(alignment.loc["S44", "lag_ms"])
    assert (alignment["warning"] == "").all()


def test_all_listeners_share_blocks_and_segments(finished_eeg):
    blocks = table(finished_eeg, "splits/blocks")
    texts = {name: tuple(rows["text"]) for name, rows in blocks.groupby("recording")}
    assert len(texts) == 2 and len(set(texts.values())) == 1
    segments = table(finished_eeg, "segments/segments")
    assert set(segments["split"]) == {"train", "valid", "test"}
    late = segments[(segments["recording"] == "S26") & (segments["first_sample"] < 0)]
    assert late.empty
