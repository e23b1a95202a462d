"""Locks that a killed Snakemake left behind: told from those of one that is running, and removed.

Snakemake locks the outputs that it makes, and so two runs never make the same file; but it cannot
tell whether who locked them is still alive. The system can: it takes back what a process held. The
jobs of a killed run are ended first, because they may still write what was locked.
"""

import fcntl
import socket
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from plumbing.running_jobs import end_jobs

# Open as long as this process lives.
_held: list[TextIO] = []


def remove_abandoned_locks(folder: Path) -> bool:
    """Remove Snakemake's locks if no run on this machine holds any; mark this process as a run.

    Jobs that the run left at work are ended, and waited for.

    Parameters: folder, `.snakemake`. What runs on another machine cannot be seen from here, so
    that locks which were last taken there are left alone.
    Returns: whether locks were removed.
    """
    try:
        folder.mkdir(exist_ok=True)
        runs = (folder / "runs").open("a+", encoding="utf-8")
    except OSError:  # nothing can be written here: nothing can be locked either
        return False
    _held.append(runs)
    removed = False
    with suppress(OSError):  # another run lives, or the file system has no such locks
        fcntl.flock(runs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        runs.seek(0)
        here, locks = socket.gethostname(), folder / "locks"
        locked = locks.is_dir() and any(locks.iterdir())
        if locked and runs.read() == here and end_jobs(folder):
            for lock in locks.iterdir():  # the folder itself is Snakemake's, which relies on it
                lock.unlink()
            removed = True
        if removed or not locked:
            runs.truncate(0)
            runs.write(here)
            runs.flush()
    with suppress(OSError):
        fcntl.flock(runs, fcntl.LOCK_SH)
    return removed
