"""Where a report comes from: the state of the code and the versions it ran with."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

_CODE = Path(__file__).resolve().parents[3]
_PACKAGES = (
    "matplotlib",
    "mne",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "soundfile",
    "torch",
    "torchaudio",
)


def describe_origin(folder: Path = _CODE) -> dict[str, str]:
    """Give the state of the code in `folder`, and the versions of Python and of the packages.

    A package that is missing from the environment of the report is left out.
    """
    versions = {"code": describe_code(folder), "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def describe_code(folder: Path) -> str:
    """Name the commit that `folder` is a checkout of, with "-dirty" if files were changed."""
    # Without the ceiling, a plain copy inside another project would be described as that project.
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--tags"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return described.stdout.strip()
