"""Ending a training early, to be continued: the time is up, or the machine is needed."""

import signal
import time
from types import FrameType

# Of sysexits.h: "try again later". A cluster's profile retries a job that ends with it.
EXIT_STATUS = 75


class Interrupted(Exception):
    """A training ended early after it saved a checkpoint; the same command continues it."""


class Interruption:
    """Watches the time and the signal SIGTERM from its creation on.

    Args:
        max_minutes: when the time is up; None for never. Leave enough for one more batch.
    """

    def __init__(self, max_minutes: float | None = None):
        self._end_s = None if max_minutes is None else time.monotonic() + 60 * max_minutes
        self._terminated = False
        signal.signal(signal.SIGTERM, self._terminate)

    @property
    def reason(self) -> str | None:
        """Why the training should end now; None as long as it may go on."""
        if self._terminated:
            return "it was asked to end (SIGTERM)"
        if self._end_s is not None and time.monotonic() >= self._end_s:
            return "its time is up"
        return None

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._terminated = True
