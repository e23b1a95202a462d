"""A study in which one story was heard by excluded recordings alone."""

import pandas as pd
import pytest

LEFT_OUT, HEARD = "the_glass_orchard", "night_ferry"
TARGETS = [
    "results/demo/segments/proof.json",
    "results/demo/alignment.parquet",
    f"results/demo/embeddings/mel/{LEFT_OUT}.npy",
]


@pytest.fixture
def without_a_story(workspace):
    config = workspace.config
    reasons = {f"sub-0{subject}_ses-0_task-1": "the sound was off" for subject in (1, 2)}
    config["studies"]["demo"]["exclude"] = reasons
    workspace.config = config
    return workspace


def test_its_audio_and_embedding_are_empty(without_a_story):
    without_a_story.snakemake(*TARGETS)
    results = without_a_story.folder / "results/demo"
    assert pd.read_parquet(results / f"audio/{LEFT_OUT}.parquet").empty
    assert pd.read_parquet(results / f"embeddings/mel/{LEFT_OUT}.parquet").empty
    for name in ("splits/chunks", "segments/segments"):
        assert set(pd.read_parquet(results / f"{name}.parquet")["story"]) == {HEARD}


def test_it_is_not_left_out_in_turn(without_a_story):
    jobs = without_a_story.jobs("results/demo/sweeps/without_story.html")
    trained = [job.outputs for job in jobs if job.rule == "train_decoder"]
    points = {path.split("/")[3] for outputs in trained for path in outputs}
    assert points == {"main", f"without_story-{HEARD}"}
