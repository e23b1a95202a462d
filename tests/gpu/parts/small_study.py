"""The small study: trained twice, interrupted and continued, and asked on both devices."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.gpu.figures import Figure, at_least, at_most, holds
from tests.gpu.scale import Scale
from tests.gpu.small_training import ask, digest, train, train_interrupted
from tests.training.small_study import run_of, write_study

LIMIT_S = 90


def measure(scale: Scale) -> Iterator[Figure]:
    """Train as the workflow does, by its script, and compare bytes, ranks and controls."""
    device = scale.device.type
    settings = {"device": device, "compile": False}
    with tempfile.TemporaryDirectory() as name:
        study = write_study(Path(name) / "study")
        first, second, resumed = (run_of(study, part) for part in ("first", "second", "resumed"))
        train(first, **settings)
        train(second, **settings)
        yield holds("trained twice: the same bytes", digest(first) == digest(second))
        status = train_interrupted(resumed, **settings)
        yield holds("a training whose time is up ends with status 75", status == 75)
        yield holds("interrupted and continued: the same bytes", digest(first) == digest(resumed))

        table, controls = ask(first, device)
        expected, expected_controls = ask(first, "cpu")
        ranks, expected_ranks = table["rank"].to_numpy(), expected["rank"].to_numpy()
        same = float(np.mean(ranks == expected_ranks))
        yield at_least("test segments of the same rank on both devices", 100 * same, 95, "%")
        yield at_most("largest difference of a rank", float(abs(ranks - expected_ranks).max()), 1)
        differences = [
            abs(controls[key]["accuracy"] - expected_controls[key]["accuracy"])
            for key in ("noise", "shifted", "silence", "timing", "matched")
        ]
        yield at_most("largest difference of a control", 100 * max(differences), 3, "points")
