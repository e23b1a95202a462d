"""A subject who is left out of a training can still be decoded."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from plumbing.results import WEIGHTS
from speech_decoding.decoder.saved import save_decoder
from speech_decoding.evaluation.trained import open_trained
from speech_decoding.training.experiment import train_experiment
from speech_decoding.training.interruption import Interruption
from tests.training.small_study import changed, run_of


@pytest.mark.parametrize("subject", ["layer", "embedding", "none"])
def test_the_left_out_subject_gets_the_mean_of_the_others(study, subject):
    run = run_of(study, f"without_{subject}")
    settings = changed(
        selection={"without_subject": "sub-2"},
        loss={"kind": "clip", "normalise_estimates": False},
        epochs=2,
    )
    settings["decoder"] = settings["decoder"] | {"subject": subject}
    trained = train_experiment(
        run,
        **settings,
        seed=3,
        threads=1,
        checkpoint_minutes=10,
        interruption=Interruption(None),
        watch="none",
    )
    save_decoder(run, trained.decoder, trained.description)
    weights = load_file(run.path(WEIGHTS))
    of_subjects = [own for name, own in weights.items() if name.startswith("brain.subject")]
    assert len(of_subjects) == (subject != "none")
    for own in of_subjects:  # one other subject alone
        assert torch.equal(own[1], own[0])
    reopened = open_trained(run, device="cpu", threads=1)
    segments = reopened.store.segments
    assert set(segments["subject"][segments["split"] == "train"]) == {"sub-1"}
    rows = reopened.store.rows("test")
    assert set(segments["subject"].iloc[rows]) == {"sub-1", "sub-2"}
    estimates = reopened.model(
        reopened.store.brain(torch.from_numpy(rows)),
        reopened.store.subject_index[rows],
        reopened.store.layout_index[rows],
    )
    assert np.isfinite(estimates.detach().numpy()).all()
