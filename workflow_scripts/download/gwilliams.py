"""MEG-MASC from OSF: several nodes merged into one BIDS tree, resumable and verified.

Source: protocol 1.1 (nodes); sizes and SHA-256 are those that OSF states.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from download.checksums import Verification
from download.journal import Journal
from download.osf import Listing, RemoteFile, merge, subject_of
from download.patience import Patience, WrongContent
from download.places import place, require_space
from download.transfer import Transfer, partial_of
from plumbing.errors import InputError

# So many failures in a row for which no single file is to blame end the run.
HOPELESS = 5


def download(
    folder: Path,
    *,
    api: str,
    nodes: list[str],
    subjects: list[str],
    attempts: int,
    first_wait_s: float,
    connections: int,
    token: str | None = None,
) -> None:
    """Bring `folder` to hold all files of `subjects`, and those that subjects share.

    A file that is there with the right size and checksum is left alone, another is replaced when
    its successor is complete. What the download remembers lies in the subfolder .download: the
    listing until every file is right, and when each file was verified.

    Parameters: api and nodes, of OSF; subjects as in "sub-01", without "sub-"; attempts, in a row
    that bring nothing new, and first_wait_s, doubled from one to the next; connections, files
    fetched at once; token, of an OSF account, raises the number of pages that OSF lists per hour.
    Raises: InputError if anything is missing in the end; what was fetched stays.
    """
    patience = Patience(attempts=attempts, first_wait_s=first_wait_s, say=_say)
    transfer = Transfer(patience)
    listing = Journal(folder / ".download" / "listing.jsonl")
    verification = Verification(folder, Journal(folder / ".download" / "verified.jsonl"))

    files = _list(Listing(transfer, api, listing, token), nodes, subjects)
    targets = {file: place(folder, file.path, source=f"OSF node {file.node}") for file in files}

    def is_right(file: RemoteFile) -> bool:
        return verification.is_right(targets[file], file.size, file.digest)

    with _workers(connections, patience) as pool:
        right = list(tqdm(pool.map(is_right, files), "Verifying", len(files), unit="file"))
    missing = [file for file, known in zip(files, right, strict=True) if not known]
    begun = sum(_size(partial_of(targets[file])) for file in missing)
    total = sum(file.size for file in missing)
    require_space(folder, total - begun)

    failures = []
    bar = tqdm(
        desc="Fetching",
        total=total,
        initial=begun,
        unit="B",
        unit_scale=True,
        mininterval=1,
        disable=not missing,
    )

    def fetch(file: RemoteFile) -> None:
        size, digest, target = file.size, file.digest, targets[file]
        transfer.file(file.url, target, size=size, digest=digest, advance=bar.update)
        verification.remember(target, digest)

    with bar, _workers(connections, patience) as pool:
        jobs = [pool.submit(fetch, file) for file in missing]
        in_a_row = 0
        for job in as_completed(jobs):
            try:
                job.result()
                in_a_row = 0
            except InputError as error:
                _say(f"Error: {error}")
                failures.append(error)
                in_a_row = 0 if _is_of_one_file(error) else in_a_row + 1
            if in_a_row == HOPELESS:
                patience.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                break

    if any(isinstance(failure.__cause__, WrongContent) for failure in failures):
        listing.discard()  # it may be the listing that is no longer right
    if failures:
        raise InputError(
            folder,
            expected=f"{len(files)} files",
            found=f"{len(failures)} that could not be fetched, named above",
            consequence="the study is incomplete",
            next_step="give the same command again: only what is missing is fetched",
        )
    listing.discard()
    _say(
        f"{folder}: all {len(files)} files ({sum(file.size for file in files) / 1e9:.2f} GB) are "
        f"there and right; {len(missing)} of them were fetched now."
    )


def _list(listing: Listing, nodes: list[str], subjects: list[str]) -> list[RemoteFile]:
    """List and merge what all nodes hold of `subjects` and of what subjects share."""

    def wanted(path: str) -> bool:
        return subject_of(path) in {None, *subjects}

    found = []
    for node in nodes:
        _say(f"Listing OSF node {node}")
        found += listing.files(node, wanted)
    files, disagreements = merge(found)
    for sentence in disagreements:
        _say(f"Warning: {sentence}")
    absent = [s for s in subjects if s not in {subject_of(file.path) for file in files}]
    if absent:
        raise InputError(
            f"OSF nodes {', '.join(nodes)}",
            expected=f"files of the subjects {', '.join(subjects)}",
            found=f"none of {', '.join(absent)}",
            consequence="nothing was fetched",
            next_step="correct layout.subjects of the study or download.nodes in config.yaml",
        )
    return files


@contextmanager
def _workers(connections: int, patience: Patience) -> Iterator[ThreadPoolExecutor]:
    """Give threads that end at once, their work half done, when the block is left by an error."""
    with ThreadPoolExecutor(connections) as pool:
        try:
            yield pool
        except BaseException:
            patience.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _is_of_one_file(error: InputError) -> bool:
    """Say whether a failure tells nothing of other files: one that is gone, or has changed."""
    return error.__cause__ is None or isinstance(error.__cause__, WrongContent)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _say(sentence: str) -> None:
    tqdm.write(sentence, file=sys.stderr)
