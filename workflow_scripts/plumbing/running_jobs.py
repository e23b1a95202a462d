"""Jobs that are at work, marked so that they are found when the Snakemake that started them is not.

A killed Snakemake leaves its jobs running. The mark of a job is a file in `.snakemake/jobs`, named
by machine and process, that the job holds locked; the system takes the lock back when the job ends,
however it does.
"""

import atexit
import fcntl
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TextIO

# Open as long as this process lives.
_held: list[TextIO] = []


def mark_job(folder: Path) -> None:
    """Mark this process as a job, if it was started where `folder`, `.snakemake`, is."""
    if not folder.is_dir():
        return
    path = folder / "jobs" / f"{socket.gethostname()}.{os.getpid()}"
    with suppress(OSError):  # the file system may have no such locks
        path.parent.mkdir(exist_ok=True)
        mark = path.open("w", encoding="utf-8")
        _held.append(mark)
        atexit.register(path.unlink, missing_ok=True)
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)


def end_jobs(folder: Path) -> bool:
    """End the jobs that are at work, as SIGTERM does: a training saves itself first.

    Returns: whether none is left; one on another machine cannot be ended from here.
    Raises: OSError if that cannot be known.
    """
    for path in sorted((folder / "jobs").glob("*")):
        host, _, process = path.name.rpartition(".")
        with path.open("r+", encoding="utf-8") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if host != socket.gethostname():
                    return False
                os.kill(int(process), signal.SIGTERM)
                fcntl.flock(mark, fcntl.LOCK_EX)  # until it has ended
        path.unlink(missing_ok=True)
    return True
