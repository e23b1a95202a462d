"""Unpacking zip archives that nobody has looked into."""

import shutil
import stat
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from download.places import place, require_space
from plumbing.errors import InputError
from plumbing.files import replacing


def members_of(archive: Path) -> list[str]:
    """Name the files in an archive; raises InputError if it is not a complete one."""
    with _opened(archive) as zipped:
        return [member.filename for member in _files(zipped)]


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack what of `archive` is not yet in `folder`, each file to a temporary name first.

    A file that is there with the archive's size and CRC-32 is left alone.
    Returns: the files written.
    Raises: InputError, before anything is written, if a name leaves the folder, is a link, is
    encrypted or comes twice, or the disk is too small; later if the archive is damaged.
    """
    with _opened(archive) as zipped:
        targets: dict[Path, ZipInfo] = {}
        for member in _files(zipped):
            target = place(folder, member.filename, source=archive)
            if (
                stat.S_ISLNK(member.external_attr >> 16)
                or member.flag_bits & 1
                or target in targets
            ):
                raise _unusable(archive, f"{member.filename!r}, a link, encrypted or there twice")
            targets[target] = member
        missing = {path: member for path, member in targets.items() if not _is_there(path, member)}
        require_space(folder, sum(member.file_size for member in missing.values()))
        for target, member in missing.items():
            try:
                with (
                    replacing(target) as temporary,
                    zipped.open(member) as packed,
                    temporary.open("wb") as stream,
                ):
                    shutil.copyfileobj(packed, stream)
            except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
                raise _unusable(archive, f"{member.filename!r} damaged ({error})") from error
    return list(missing)


def _opened(archive: Path) -> ZipFile:
    try:
        return ZipFile(archive)
    except (BadZipFile, OSError) as error:
        raise _unusable(archive, f"{type(error).__name__}: {error}") from error


def _files(zipped: ZipFile) -> list[ZipInfo]:
    """List the files of an archive without what macOS adds."""
    return [
        member
        for member in zipped.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.endswith(".DS_Store")
    ]


def _is_there(path: Path, member: ZipInfo) -> bool:
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    checksum = 0
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            checksum = zlib.crc32(piece, checksum)
    return checksum == member.CRC


def _unusable(archive: Path, found: str) -> InputError:
    return InputError(
        archive,
        expected="a complete zip archive of plain files",
        found=found,
        consequence="it was not unpacked",
        next_step="fetch it again",
    )
