"""Judging a recording in a process of its own, which a damaged file may end.

Libraries read foreign formats with code that one changed byte can make run outside its memory: the
system then ends the process. Here that is a fault of the file that was being read. Whatever else
keeps the process from its verdict says nothing about the files: the job ends, and stores nothing.
"""

import multiprocessing
import os
import resource
import signal
import threading
import traceback
from multiprocessing.connection import Connection, wait
from typing import Any

from plumbing.errors import InputError
from speech_decoding.recordings.checks import give_verdict, judge_recording
from speech_decoding.studies import Finding, Recording, StudyReader
from speech_decoding.studies.reading import limit_memory, watch

# What the system ends a process with for what it did itself; the others come from outside, such as
# SIGKILL where memory has run out.
OWN_SIGNALS = {
    getattr(signal, name) for name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGXCPU")
}
# More than the largest recording needs by far: beyond it a file has made its reader run on and on.
_LONGEST_CPU_S = 1800
# A recording of 1 GB is read block by block; a compressed one is held in memory three times. The
# libraries map more than a gigabyte of their own.
_LEAST_MEMORY_BYTES, _MEMORY_PER_BYTE = 3 * 2**30, 8


def judge_apart(study: StudyReader, recording: Recording) -> dict[str, Any]:
    """Give the verdict of `judge_recording`, also if a damaged file ends the process that reads it.

    Raises: InputError if the machine, not the recording, keeps it from a verdict.
    """
    context = multiprocessing.get_context("spawn")
    received, sent = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(sent, study, recording), daemon=True)
    process.start()
    sent.close()
    last: dict[str, Any] = {}
    try:
        while "verdict" not in last and "failure" not in last:
            last |= received.recv()
    except EOFError:
        pass  # it has ended
    process.join()
    if "verdict" in last:
        return last["verdict"]
    if last.get("file") and -process.exitcode in OWN_SIGNALS:
        fault = Finding.fault(
            last["file"],
            expected="a file that can be read",
            found=f"one whose reader was ended by {signal.Signals(-process.exitcode).name}",
            consequence="it is damaged",
            next_step="fetch or copy the file again",
        )
        return give_verdict(recording, [fault])
    raise InputError(
        f"recording {recording.id}",
        expected="a machine on which its files can be looked at",
        found=last.get("failure") or _name_end(process.exitcode),
        consequence="nothing was found out about the files and no verdict was written",
        next_step="repair the machine or the installation and give the same command again",
    )


def _judge(sent: Connection, study: StudyReader, recording: Recording) -> None:
    """Send what becomes known, the last of it `verdict` or `failure`; runs apart."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    watch(lambda path: sent.send({"file": path and str(path)}))
    sizes = [path.stat().st_size for path in study.raw_files(recording) if path.is_file()]
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = _LONGEST_CPU_S if hard == resource.RLIM_INFINITY else min(_LONGEST_CPU_S, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    try:
        limit_memory(_LEAST_MEMORY_BYTES + _MEMORY_PER_BYTE * max(sizes, default=0))
        result = {"verdict": judge_recording(study, recording)}
    except Exception as error:
        traceback.print_exc()
        result = {"failure": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
    sent.send(result)


def _end_with_parent() -> None:
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _name_end(exit_code: int) -> str:
    """Tell how a process ended that said nothing."""
    if exit_code >= 0:
        return f"a process that ended with status {exit_code}"
    name = signal.Signals(-exit_code).name
    why = ", most often for want of memory" if -exit_code == signal.SIGKILL else ""
    return f"a process that was ended by {name}{why}"
