"""Trying again: how often, how long to wait between, and when to give up."""

import threading
from collections.abc import Callable
from typing import TypeVar

from plumbing.errors import InputError

LONGEST_WAIT_S = 300.0

T = TypeVar("T")


class Interrupted(Exception):
    """An attempt that failed and may succeed when it is made again.

    `wait_s` is how long the server asked not to be asked again.
    """

    def __init__(self, reason: str, wait_s: float = 0.0):
        super().__init__(reason)
        self.wait_s = wait_s


class WrongContent(Interrupted):
    """What came is not what was announced."""


class Stopped(Exception):
    """The run is being ended; nothing is tried again."""


class Patience:
    """Exponential back-off, shared by all threads of a run.

    Parameters: attempts, how many in a row may bring nothing new; first_wait_s, the wait before the
    second one, doubled before each further one; say, what is called with a sentence before a wait.
    """

    def __init__(self, *, attempts: int, first_wait_s: float, say: Callable[[str], None]):
        self.attempts = attempts
        self.first_wait_s = first_wait_s
        self._say = say
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait and, at its next `check`, every transfer."""
        self._stopped.set()

    def check(self) -> None:
        """Raise Stopped if the run is being ended."""
        if self._stopped.is_set():
            raise Stopped

    def persist(
        self,
        where: str,
        expected: str,
        attempt: Callable[[], T],
        reached: Callable[[], int] = lambda: 0,
    ) -> T:
        """Call `attempt` until it raises Interrupted no more and give what it returns.

        Parameters: where and expected, for the sentence of the error; reached, how far the attempts
        have come: one that came further than any before it is not counted.
        Raises: InputError after `attempts` in a row that came no further, caused by the last
        Interrupted; Stopped.
        """
        furthest, idle = reached(), 0
        while True:
            self.check()
            try:
                return attempt()
            except Interrupted as interruption:
                come = reached()
                idle = 0 if come > furthest else idle + 1
                furthest = max(furthest, come)
                if idle >= self.attempts:
                    raise InputError(
                        where,
                        expected=expected,
                        found=f"{interruption}",
                        consequence=f"{self.attempts} attempts in a row brought nothing new",
                        next_step="give the same command again later: it goes on from there",
                    ) from interruption
                own_s = min(self.first_wait_s * 2 ** max(idle - 1, 0), LONGEST_WAIT_S)
                wait_s = max(interruption.wait_s, own_s)
                self._say(f"{where}: {interruption}; again in {wait_s:g} s")
                self._stopped.wait(wait_s)
