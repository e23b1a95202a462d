"""Trained decoders as far as comparisons and sweeps read them."""

import numpy as np
import pandas as pd

from plumbing.results import DESCRIPTION, METRICS, RETRIEVAL, Results

SUBJECTS = ["01", "02", "03", "04", "05"]
STORIES = ["ferry", "orchard"]
N_CANDIDATES = 60


def write_run(
    results: Results,
    experiment: str,
    seed: int,
    *,
    skill: float,
    selection: dict[str, object] | None = None,
    n_training_segments: int = 900,
    **training: object,
) -> pd.DataFrame:
    """Write one run that ranks by a draw, the better the higher `skill` is; gives its ranks."""
    random = np.random.default_rng(seed)
    heard = pd.MultiIndex.from_product([SUBJECTS, STORIES, range(40)]).to_frame(index=False)
    table = heard.set_axis(["subject", "story", "segment"], axis=1)
    table = table[(table["subject"] != "05") | (table["segment"] < 13)].reset_index(drop=True)
    handicap = table["subject"].map(SUBJECTS.index) * 0.05
    draw = random.random(len(table)) ** (1 + 4 * (skill - handicap).clip(lower=0))
    table["rank"] = 1 + np.floor(draw * (N_CANDIDATES - 1))
    table["tied"] = 1
    run = results.of(experiment=experiment, seed=seed)
    run.write(RETRIEVAL, table)
    counts = {"n_candidates": N_CANDIDATES, "n_training_segments": n_training_segments}
    run.write(METRICS, counts)
    nothing = {"subjects": None, "share": 1, "without_subject": None, "without_story": None}
    chosen = {"delay_s": 0.15, "stop_s": None, "batch_size": 256, "learning_rate": 3e-4}
    description = {
        "subjects": SUBJECTS,
        "window": {"start_s": -0.5, "stop_s": 2.5, "rate_hz": 120},
        "decoder": {"activation": "gelu"},
        "training": chosen | training | {"selection": nothing | (selection or {})},
    }
    run.write(DESCRIPTION, description)
    return table
