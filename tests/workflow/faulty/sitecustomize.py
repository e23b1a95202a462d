"""Loaded by every Python that a workflow under test starts: makes a rule's first jobs fail.

$FAULTS names a folder that remembers which rule has had which fault. Each rule has two: its first
job is killed while it writes its first output, its second one finds no room on the disk.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path


def rule_of(arguments):
    """Name the rule that a command line belongs to; None for one that is no job."""
    if "--job" in arguments:
        return json.loads(arguments[arguments.index("--job") + 1])["rule"]
    scripts = [Path(word) for word in arguments if word.endswith(".py")]
    return next((path.stem for path in scripts if path.parent.name == "workflow_scripts"), None)


def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def first_time(mark):
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def bring_about(fault):
    if fault == "no_room":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        return
    os.fsync = kill  # every output is synchronised before it takes its place


if "FAULTS" in os.environ and (rule := rule_of(sys.orig_argv)):
    for fault in ("killed", "no_room"):
        if first_time(Path(os.environ["FAULTS"]) / f"{rule}.{fault}"):
            bring_about(fault)
            break
