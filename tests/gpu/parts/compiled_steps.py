"""Compiled steps: their numbers against eager ones, in two processes to the bit, and their time."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from speech_decoding.training.execution import prepare_device
from tests.bench.clock import seconds_of, wait_for
from tests.bench.full_size import FullSize, open_store, simulate
from tests.gpu.figures import Figure, at_most, holds
from tests.gpu.scale import Scale
from tests.gpu.small_training import digest, train, train_interrupted
from tests.training.small_study import write_study

LIMIT_S = 200
# How far a step may be from an eager one, whose sums are others: the loss and all its gradients,
# each as one vector. Eager gradients in bfloat16 are 0.04 from those in float32.
_LOSS_DIFFERENCE = 2e-3
_GRADIENT_DIFFERENCE = {"bfloat16": 0.08, "float32": 0.005}


def measure(scale: Scale) -> Iterator[Figure]:
    """Compile in a process for each precision, and once more with the cache of the first.

    Last, if asked for, the small study is trained as the workflow trains on a single GPU.
    """
    with tempfile.TemporaryDirectory() as cache:
        outcomes = {}
        for precision in scale.compiled:
            outcomes[precision] = _in_a_process(scale, precision, cache)
            yield from _figures(precision, outcomes[precision], scale)
        precision, first = next(iter(outcomes.items()))
        again = _in_a_process(scale, precision, cache)
        same = first["digest"] == again["digest"]
        yield holds(f"{precision}: the same bits in two processes with one cache", same)
        yield Figure(f"{precision}: time to the first step, warm cache", again["first_s"], "s")
        if scale.trains_compiled:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
            yield _train(scale)


def _figures(precision: str, outcome: dict[str, Any], scale: Scale) -> Iterator[Figure]:
    given_up = outcome["given_up"]
    yield Figure(f"{precision}: compiled", given_up or "yes", passed=not given_up)
    if given_up:
        return
    name = f"{precision}: difference from eager"
    yield at_most(f"{name}, loss", outcome["loss_difference"], _LOSS_DIFFERENCE)
    limit = _GRADIENT_DIFFERENCE[precision]
    yield at_most(f"{name}, gradients", outcome["gradient_difference"], limit)
    yield Figure(f"{precision}: time to the first step", outcome["first_s"], "s")
    yield Figure(f"{precision}: time of a step", 1000 * outcome["step_s"], "ms")
    yield Figure(f"{precision}: windows trained", scale.batch / outcome["step_s"], "per s")


def _train(scale: Scale) -> Figure:
    """Train the small study compiled, at one go and interrupted."""
    settings = {"device": scale.device.type, "compile": True}
    with tempfile.TemporaryDirectory() as name:
        study = write_study(Path(name) / "study")
        whole, resumed = Path(name) / "whole", Path(name) / "resumed"
        train(study, whole, **settings)
        train_interrupted(study, resumed, **settings)
        same = digest(whole) == digest(resumed)
    return holds("trained compiled, interrupted and continued: the same bytes", same)


def _in_a_process(scale: Scale, precision: str, cache: str) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, json.dumps(asdict(scale)), precision]
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ended with {done.returncode}: {done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def compile_and_step(scale: Scale, precision: str) -> dict[str, Any]:
    """Make the first step eagerly and compiled, from the same weights, and more of the latter."""
    device = scale.device
    prepare_device(deterministic=True, threads=None, tf32=True)
    store = open_store(device, *simulate(scale.few_recordings, scale.minutes))
    settings = {"batch": scale.batch, "precision": precision, **scale.decoder}
    eager = FullSize(store, **settings)
    expected_loss, expected = eager.step(), _flat(eager)
    compiled = FullSize(store, compilation=True, **settings)
    began_s = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        loss = compiled.step()
    wait_for(device)
    first_s = time.perf_counter() - began_s
    found = _flat(compiled)
    bits = torch.cat([found, loss[None].float()]).cpu().numpy().tobytes()
    return {
        "given_up": said.getvalue().strip(),
        "loss_difference": float((loss - expected_loss).abs() / expected_loss),
        "gradient_difference": float((found - expected).norm() / expected.norm()),
        "digest": hashlib.sha256(bits).hexdigest(),
        "first_s": first_s,
        "step_s": seconds_of(compiled.step, device, warm=scale.warm, count=scale.repeats),
    }


def _flat(steps: FullSize) -> torch.Tensor:
    return torch.cat([values.flatten() for _, values in sorted(steps.gradients().items())])


if __name__ == "__main__":
    print(json.dumps(compile_and_step(Scale(**json.loads(sys.argv[1])), sys.argv[2])))
