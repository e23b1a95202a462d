import platform
import shutil
import subprocess
from importlib import metadata

import pytest

from speech_decoding.report.provenance import describe_code, describe_origin


def test_versions_are_those_of_this_environment(tmp_path):
    origin = describe_origin(tmp_path)
    assert origin["code"] == "not a git checkout"
    assert origin["python"] == platform.python_version()
    assert origin["mne"] == metadata.version("mne")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_checkout_is_named_and_a_copy_inside_another_is_not(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "file").write_text("1")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    git("tag", "v1")
    assert describe_code(tmp_path) == "v1"
    assert describe_code(inner) == "not a git checkout"
    (inner / "file").write_text("2")
    assert describe_code(tmp_path) == "v1-dirty"
