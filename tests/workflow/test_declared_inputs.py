"""A job reads nothing but its inputs, so that what it refuses is made again by the same command.

What a job has read stands in the seals of its outputs.
"""

import json
from pathlib import Path

from tests.workflow.conftest import REPORT
from tests.workflow.workspace import Job, Workspace


def files_read(workspace: Workspace, job: Job) -> set[str]:
    """Name the files that a job has read, by the seals of its outputs."""
    read: set[str] = set()
    for name in job.outputs:
        path = workspace.folder / name
        seal = path.with_name(f".{path.name}.seal")
        if seal.is_file():
            read.update(json.loads(seal.read_text())["inputs"])
    return {name if (workspace.folder / name).is_file() else f"results/{name}" for name in read}


def test_every_job_reads_its_declared_inputs_alone(finished):
    read = {job.outputs[0]: files_read(finished, job) for job in finished.jobs(REPORT)}
    undeclared = {
        (job.outputs[0], name)
        for job in finished.jobs(REPORT)
        for name in read[job.outputs[0]]
        # A rule may make a whole folder, and so declare it.
        if not {name, *map(str, Path(name).parents)} & set(job.inputs)
    }
    assert not undeclared
    assert sum(map(len, read.values())) > len(read)  # seals tell what was read
