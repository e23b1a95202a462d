"""A small study on a server of this machine."""

import random
from pathlib import Path
from typing import Any

import pytest

from download.gwilliams import download
from tests.download.osf_server import OsfServer

MEG = "sub-{s}/ses-0/meg/sub-{s}_ses-0_task-{t}_meg.con"


def content(seed: object, size: int) -> bytes:
    return random.Random(str(seed)).randbytes(size)


@pytest.fixture
def osf(monkeypatch) -> OsfServer:
    """Three nodes that hold parts of one tree of two subjects."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with OsfServer() as server:
        server.files["root"]["participants.tsv"] = b"participant_id\nsub-01\nsub-02\n"
        for name in ("README.md", "dataset_description.json", "stimuli/audio/lw1_0.wav"):
            server.files["root"][name] = content(name, 2000)
        for node, subject in (("one", "01"), ("two", "02")):
            for task in range(4):
                path = MEG.format(s=subject, t=task)
                server.files[node][path] = content(path, 50_000)
        yield server


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def fetch(osf, folder):
    """Download the study into `folder`, with settings changed by keyword."""

    def run(**changed: Any) -> None:
        settings = {
            "api": osf.api,
            "nodes": ["root", "one", "two"],
            "subjects": ["01", "02"],
            "attempts": 3,
            "first_wait_s": 0.01,
            "connections": 4,
        }
        download(folder, **settings | changed)

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder but the download's own memory."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".download" not in path.parts
    }


def held(osf: OsfServer, *nodes: str) -> dict[str, bytes]:
    return {path: content for node in nodes for path, content in osf.files[node].items()}
