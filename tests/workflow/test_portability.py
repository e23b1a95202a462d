"""The workflow elsewhere: odd folders, other users, permissions, file systems, full folders.

A cheap piece of it is really run each time; it finds there what was made before it.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workflow.conftest import REPORT
from tests.workflow.workspace import CODE, Workspace, read_plan

PREPROCESSED = "results/demo/recordings/sub-01_ses-0_task-0"
PIECE = f"{PREPROCESSED}/signal.npy"
ODD_NAME = "Zoë's data, 聞く"
NOBODY = 65534


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Workspace:
    """A workspace in folders with odd names, in which `PIECE` was made; not to be changed."""
    folder = tmp_path_factory.mktemp("portability") / ODD_NAME / "clone"
    workspace = Workspace.of_the_repository(folder)
    config = workspace.config
    demo = config["studies"]["demo"]
    stories = {"night_ferry": {"task": "0", "parts": 1}}
    demo["layout"] |= {"subjects": ["01"], "sessions": ["0"], "absent": [], "stories": stories}
    demo["simulation"]["duration_s"] = 30
    demo["raw_folder"] = f"data/{ODD_NAME}"
    workspace.config = config
    workspace.snakemake(PIECE)
    return workspace


@pytest.fixture
def begun(made, tmp_path) -> Workspace:
    """A copy of it that was moved, and lacks the piece itself."""
    return without_piece(made.copy(tmp_path / "a copy"))


def without_piece(workspace: Workspace) -> Workspace:
    shutil.rmtree(workspace.folder / PREPROCESSED)
    return workspace


def make_piece(workspace: Workspace, *arguments: str, under: Sequence[str] = ()) -> None:
    """Make the piece, and nothing else again."""
    result = workspace.snakemake(PIECE, *arguments, under=under)
    assert read_plan(result.stdout) == {"preprocess_recording": 1}


def test_folders_with_odd_names(made):
    planned = made.planned_rules(REPORT)
    assert "write_report" in planned
    assert not {"check_recording", "preprocess_recording"} & planned


@pytest.mark.parametrize("results_by", ["--directory", "current folder"])
def test_code_and_results_apart(begun, tmp_path, results_by):
    """The code is read-only, and the results know what they were made with."""
    code = tmp_path / ODD_NAME
    code.mkdir()
    for name in CODE:
        shutil.move(begun.folder / name, code / name)
    for path in (*code.rglob("*"), code):
        path.chmod(path.stat().st_mode & ~0o222)
    arguments = ["--snakefile", str(code / "Snakefile")]
    if results_by == "--directory":
        make_piece(Workspace(code), *arguments, "--directory", str(begun.folder))
    else:
        make_piece(begun, *arguments)
    assert (begun.folder / PIECE).is_file()


def test_results_on_another_file_system(begun):
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == begun.folder.stat().st_dev:
        pytest.skip("/dev/shm is not another file system")
    with tempfile.TemporaryDirectory(dir=memory) as elsewhere:
        for name in ("data", "results"):
            shutil.move(begun.folder / name, elsewhere)
            (begun.folder / name).symlink_to(Path(elsewhere) / name)
        make_piece(begun)


@pytest.mark.parametrize(("umask", "for_others"), [("077", 0o00), ("022", 0o44)])
def test_the_umask_says_who_may_read(begun, umask, for_others):
    make_piece(begun, under=("sh", "-c", f'umask {umask}; exec "$@"', "sh"))
    paths = list((begun.folder / PREPROCESSED).iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) & 0o77 for path in paths} == {for_others}


def test_a_user_who_is_not_root(made):
    if os.geteuid() != 0:
        pytest.skip("the tests themselves are not run by root")
    with tempfile.TemporaryDirectory() as place:  # that of pytest is root's alone
        under = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        under += ("env", f"HOME={place}")
        starts = ("sh", "-c", 'exec "$0" -c "import snakemake"', sys.executable)
        if not shutil.which("setpriv") or subprocess.run([*under, *starts]).returncode != 0:
            pytest.skip(f"only root may start {sys.executable}")
        folder = Path(place) / "clone"
        shutil.copytree(made.folder, folder)
        workspace = without_piece(Workspace(folder))
        for path in (*folder.rglob("*"), folder, Path(place)):
            os.chown(path, NOBODY, NOBODY)
        make_piece(workspace, under=under)
        assert (folder / PIECE).stat().st_uid == NOBODY


def after_mounting(*script: str) -> tuple[str, ...]:
    """Give a command that starts the one after it, in a namespace with file systems of its own."""
    namespace = ("unshare", "--map-root-user", "--mount")
    mount = (*namespace, "mount", "-t", "tmpfs", "none", "/tmp")
    if not shutil.which("unshare") or subprocess.run(mount).returncode != 0:
        pytest.skip("this user may mount nothing")
    return (*namespace, "sh", "-c", " ".join([*script, 'exec "$@"']), "sh")


def test_results_that_cannot_be_written_to(begun):
    read_only = after_mounting(
        "mount --bind results results || exit;", "mount -o remount,bind,ro results || exit;"
    )
    result = begun.snakemake(PIECE, check=False, under=read_only)
    assert result.returncode != 0 and "Traceback" not in result.stdout
    assert "Error: results: expected a folder that can be written to" in result.stdout
    planned = begun.snakemake("--dry-run", PIECE, under=read_only)  # that writes nothing
    assert read_plan(planned.stdout) == {"preprocess_recording": 1}
    make_piece(begun)


def test_a_full_temporary_folder(begun, tmp_path):
    in_a_full_folder = after_mounting(
        'mount -t tmpfs -o size=16k none "$TMPDIR" || exit;',
        'head -c 1M /dev/zero > "$TMPDIR/filler";',
        'echo something > "$TMPDIR/more" && exit 1;',
    )
    full = tmp_path / "full"
    full.mkdir()
    make_piece(begun, under=("env", f"TMPDIR={full}", *in_a_full_folder))
