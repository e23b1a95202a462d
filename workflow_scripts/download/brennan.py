"""The Alice recordings from Deep Blue Data: what is there, and what is to be fetched by hand.

Deep Blue answers browsers and Globus but no scripts, so nothing is fetched here. The study was
published twice, with the same recordings in two formats; either will do. Source: protocol 1.2.
"""

from dataclasses import dataclass
from pathlib import Path

from download.archives import members_of, unpack
from download.checksums import digest_of
from plumbing.errors import InputError

# Recorded, but never given a table of trials.
WITHOUT_TRIALS = {"S28", "S29", "S31", "S33", "S46", "S47", "S49"}
WORDS = "AliceChapterOne-EEG.csv"
WAVS = [f"audio/DownTheRabbitHoleFinal_SoundFile{part}.wav" for part in range(1, 13)]
# Size in bytes and checksum of files of the first release.
KNOWN = {
    "proc.zip": (
        2938735,
        "sha256:03ce981edb5742537d1092bf2aee57abcbfc7c56b7bb1eb1c7696fec4f35e307",
    ),
    WORDS: (284984, "sha256:b731132c5b423b5daaecc06b0e0c259d9829f189f0174e4852a753a877e99b48"),
}


@dataclass(frozen=True, eq=False)
class Release:
    """One of the two publications.

    `recording` maps the suffixes of a recording's files to the bytes that they begin with.
    """

    name: str
    recording: dict[str, bytes]
    trials: str
    where: tuple[str, ...]


FIRST = Release(
    name="first release (.mat)",
    recording={".mat": b"MATLAB"},
    trials="proc",
    where=("in a browser: https://doi.org/10.7302/Z29C6VNH (data set bg257f92t)",),
)
SECOND = Release(
    name="second release (BrainVision)",
    recording={".eeg": b"", ".vhdr": b"Brain", ".vmrk": b"Brain"},
    trials="timelock-preprocessing",
    where=(
        "in a browser: https://doi.org/10.7302/746w-g237 (data set bn999738r)",
        "with Globus: collection cc387c09-b0e5-422b-a384-0d96e7ffdc73, path /bn/99/97/38/r/",
    ),
)
RELEASES = (FIRST, SECOND)


def complete(folder: Path, subjects: list[str]) -> None:
    """Unpack the archives in `folder`, and say whether it holds the study, and if not, what to do.

    Parameters: subjects, those whose recordings are needed, as in "S01".
    Raises: InputError if anything is missing or wrong; it is printed what, and where it is found.
    """
    faults = [fault for name in ("audio.zip", "proc.zip") if (fault := _unpack(folder, name))]
    missing = {release: _missing(folder, subjects, release) for release in RELEASES}
    if FIRST in _begun(folder, subjects) and (folder / WORDS).is_file():
        faults += _differences(folder, WORDS)
    for fault in faults:
        print(f"Wrong: {fault}", flush=True)
    there = [release for release in RELEASES if not missing[release]]
    if there and not faults:
        names = " and the ".join(release.name for release in there)
        print(f"{folder}: {len(subjects)} recordings and all that belongs to them, {names}.")
        return
    for release in there or _begun(folder, subjects) or RELEASES:
        _print_way(folder, release, missing[release])
    raise InputError(
        folder,
        expected=f"the recordings of {len(subjects)} subjects, audio, trials and words",
        found="files missing or wrong, named above",
        consequence="the study is incomplete",
        next_step="fetch them by hand as said above, then give the same command again",
    )


def _unpack(folder: Path, name: str) -> str | None:
    """Unpack an archive if it is there; give a sentence if it is not what it should be."""
    archive = folder / name
    if not archive.exists():
        return None
    try:
        # The second release's archive of the same name holds another folder.
        if name in KNOWN and all(m.startswith(f"{FIRST.trials}/") for m in members_of(archive)):
            for fault in _differences(folder, name):
                return fault
        written = unpack(archive, folder)
    except InputError as error:
        return str(error)
    print(f"{archive}: {len(written)} files unpacked, the others were there.", flush=True)
    return None


def _differences(folder: Path, name: str) -> list[str]:
    """Compare a file with what is known of the first release."""
    size, digest = KNOWN[name]
    found = (folder / name).stat().st_size, digest_of(folder / name, "sha256")
    if found == (size, digest):
        return []
    return [
        f"{folder / name}: expected {size} bytes with {digest}, "
        f"found {found[0]} bytes with {found[1]}; it cannot be trusted; fetch it again."
    ]


def _begun(folder: Path, subjects: list[str]) -> list[Release]:
    """Give the releases of which a recording is there."""
    return [
        release
        for release in RELEASES
        if any((folder / f"{s}{suffix}").exists() for s in subjects for suffix in release.recording)
    ]


def _missing(folder: Path, subjects: list[str], release: Release) -> list[str]:
    """Name what is to be fetched until `folder` holds a release: archives for what they hold."""
    missing = [
        f"{subject}{suffix}"
        for subject in subjects
        for suffix, opening in release.recording.items()
        if not _opens_with(folder / f"{subject}{suffix}", opening)
    ]
    if not all((folder / wav).is_file() for wav in WAVS):
        missing.append("audio.zip")
    tables = [f"{subject}.mat" for subject in subjects if subject not in WITHOUT_TRIALS]
    if not any(all((folder / r.trials / t).is_file() for t in tables) for r in RELEASES):
        missing.append("proc.zip")
    if not (folder / WORDS).is_file():
        missing.append(WORDS)
    return missing


def _opens_with(path: Path, opening: bytes) -> bool:
    """Say whether a file is there, not empty, and of its kind: no page that refuses a script."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(16)
    return bool(head) and head.startswith(opening)


def _print_way(folder: Path, release: Release, missing: list[str]) -> None:
    lines = [f"To be fetched by hand into {folder}, {release.name}:", *release.where, *missing]
    print("\n    ".join(lines), flush=True)
