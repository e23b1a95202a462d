"""Where fetched and unpacked files go: inside their folder, on a disk that can hold them."""

import shutil
from pathlib import Path, PureWindowsPath

from plumbing.errors import InputError


def place(folder: Path, name: str, *, source: object) -> Path:
    """Give the path below `folder` of a file that `source`, not to be trusted, calls `name`.

    Parameters: name, relative, its parts separated by "/".
    Raises: InputError if the path would leave the folder: "..", absolute, with a drive or a
    backslash, which some systems take for a separator; or cannot be a path at all.
    """
    parts = name.split("/")
    strange = any(part in ("", ".", "..") for part in parts) or not name.isprintable()
    if strange or "\\" in name or PureWindowsPath(name).drive:
        raise InputError(
            source,
            expected=f"file names inside {folder}",
            found=f"{name!r}",
            consequence="nothing was written, because it could overwrite files elsewhere",
            next_step="do not use this source and tell who offers it",
        )
    return folder.joinpath(*parts)


def require_space(folder: Path, size: int) -> None:
    """Raise InputError unless the disk of `folder`, existing or not, has `size` bytes left."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < size:
        raise InputError(
            folder,
            expected=f"{size / 1e9:.1f} GB free on its disk",
            found=f"{free / 1e9:.1f} GB",
            consequence="nothing was written",
            next_step="make room, use another disk, or name fewer subjects in the study's layout",
        )
