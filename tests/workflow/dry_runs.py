"""Many dry runs in half the time: Snakemake is imported once, and each has a process of its own.

Nothing of the library is imported here, because a dry run has to find that of its own folder.
"""

import contextlib
import io
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def dry_run_processes() -> ProcessPoolExecutor:
    """Processes for `dry_run`, as many as there are cores; each is forked for one dry run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["snakemake.cli"])
    return ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=1)


def dry_run(folder: Path, *targets: str) -> str:
    """Give what `snakemake --dry-run` prints in `folder`."""
    from snakemake.cli import main

    os.chdir(folder)
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),
    ):
        main(["--dry-run", "--cores", "2", "--", *targets])
    return printed.getvalue()
