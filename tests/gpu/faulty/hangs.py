"""A part that hangs, and has started another process that does."""

import subprocess
import sys
import time
from collections.abc import Iterator

from tests.gpu.figures import Figure
from tests.gpu.scale import Scale

LIMIT_S = 20


def measure(scale: Scale) -> Iterator[Figure]:
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield Figure("process", started.pid)
    time.sleep(600)
