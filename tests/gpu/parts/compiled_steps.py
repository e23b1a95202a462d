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
from typing import Any

from speech_decoding.decoder.execution import prepare_device
from tests.bench.clock import seconds_of, wait_for
from tests.bench.full_size import FullSize, open_store, simulate
from tests.gpu.figures import Figure, at_most, holds
from tests.gpu.scale import Scale
from tests.gpu.variants import on_host, relative_difference

LIMIT_S = 130
# How far the gradients may be from those of eager steps: other sums, other roundings.
_ROUNDING = {"bfloat16": 0.03, "float32": 0.01}


def measure(scale: Scale) -> Iterator[Figure]:
    """Compile in one process, and again in another, which finds the cache of the first."""
    for precision in scale.compiled:
        with tempfile.TemporaryDirectory() as cache:
            first, second = (_in_a_process(scale, precision, cache) for _ in range(2))
        given_up = first["given_up"]
        yield Figure(f"{precision}: compiled", given_up or "yes", passed=not given_up)
        name = f"{precision}: difference of the gradients from eager"
        yield at_most(name, first["difference"], _ROUNDING[precision])
        same = first["digest"] == second["digest"]
        yield holds(f"{precision}: the same bits in two processes", same)
        yield Figure(f"{precision}: time to the first step", first["first_s"], "s")
        yield Figure(f"{precision}: the same with a warm cache", second["first_s"], "s")
        yield Figure(f"{precision}: time of a step", 1000 * first["step_s"], "ms")
        yield Figure(f"{precision}: windows trained", scale.batch / first["step_s"], "per s")


def _in_a_process(scale: Scale, precision: str, cache: str) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, json.dumps(asdict(scale)), precision]
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compile_and_step(scale: Scale, precision: str) -> dict[str, Any]:
    """Make the first step eagerly and compiled, from the same weights, and more of the latter."""
    device = scale.device
    prepare_device(deterministic=True, threads=None, tf32=True)
    store = open_store(device, *simulate(scale.few_recordings, scale.minutes))
    settings = {"batch": scale.batch, "precision": precision, **scale.decoder}
    eager = FullSize(store, **settings)
    expected = on_host({"loss": eager.step(), **eager.gradients()})
    compiled = FullSize(store, compilation=True, **settings)
    began_s = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        loss = compiled.step()
    wait_for(device)
    first_s = time.perf_counter() - began_s
    found = on_host({"loss": loss, **compiled.gradients()})
    digest = hashlib.sha256(b"".join(found[name].numpy().tobytes() for name in sorted(found)))
    return {
        "given_up": said.getvalue().strip(),
        "difference": relative_difference(found, expected),
        "digest": digest.hexdigest(),
        "first_s": first_s,
        "step_s": seconds_of(compiled.step, device, warm=scale.warm, count=scale.repeats),
    }


if __name__ == "__main__":
    print(json.dumps(compile_and_step(Scale(**json.loads(sys.argv[1])), sys.argv[2])))
