"""HTTP with servers that break off, ignore ranges, are busy, or send something else."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from download.checksums import digest_of
from download.patience import Interrupted, Patience, WrongContent
from plumbing.errors import InputError

PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that do not last
TIMEOUT_S = (30.0, 60.0)  # to connect; between two pieces of an answer
CHUNK = 1 << 20  # bytes


class Transfer:
    """Answers and files over HTTP, tried again as `patience` says; for any number of threads."""

    def __init__(self, patience: Patience):
        self.patience = patience
        self._local = threading.local()

    def json(self, url: str, headers: dict[str, str]) -> Any:
        """Fetch a JSON document; raises InputError if there is none to be had."""

        def attempt() -> Any:
            try:
                with self._get(url, url, headers) as response:
                    return response.json()
            except requests.RequestException as error:
                raise Interrupted(_reason(error)) from error

        return self.patience.persist(url, "a JSON document", attempt)

    def file(
        self, url: str, target: Path, *, size: int, digest: str, advance: Callable[[int], Any]
    ) -> None:
        """Fetch a file of `size` bytes with `digest` ("sha256:...") to `target`.

        It grows beside the target with the suffix .partial, from which a later call goes on, and is
        renamed when it is right; until then what was at `target` stays.
        `advance` is called with the number of bytes gained, negative for those thrown away.
        Raises: InputError if the file is not to be had or cannot be written.
        """
        partial = partial_of(target)
        where = f"{target}, from {url}"

        def attempt() -> None:
            self._append(where, url, partial, size, advance)
            found = digest_of(partial, digest.partition(":")[0])
            if found != digest:
                _throw_away(partial, advance)
                raise WrongContent(f"{size} bytes with {found}")

        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.touch()
            expected = f"{size} bytes with {digest}"
            self.patience.persist(where, expected, attempt, lambda: partial.stat().st_size)
            with partial.open("rb+") as written:
                os.fsync(written.fileno())
            partial.replace(target)
        except OSError as error:
            raise InputError(
                target,
                expected="a place to write",
                found=f"{error.strerror or error}",
                consequence="the file was not fetched",
                next_step="mend that and give the same command again: it goes on from there",
            ) from error

    def _append(
        self, where: str, url: str, partial: Path, size: int, advance: Callable[[int], Any]
    ) -> None:
        """Bring `partial` to `size` bytes, from where it stands if the server can do that."""
        start = partial.stat().st_size
        if start > size:
            _throw_away(partial, advance)
            start = 0
        if start == size:
            return
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            # Compressed in transit, a file could not be continued at a byte.
            headers["Accept-Encoding"] = "identity"
            with self._get(where, url, headers) as response:
                if start and not _continues(response, start):
                    _throw_away(partial, advance)
                    start = 0
                    if response.status_code != 200:
                        raise WrongContent(f"HTTP {response.status_code}, no bytes from there on")
                self._write(response, partial, size - start, advance)
        except (requests.RequestException, HTTPError) as error:
            raise Interrupted(_reason(error)) from error
        come = partial.stat().st_size
        if come < size:
            raise Interrupted(f"an end after {come} bytes")

    def _write(
        self,
        response: requests.Response,
        partial: Path,
        missing: int,
        advance: Callable[[int], Any],
    ) -> None:
        with partial.open("ab") as stream:
            # Read as it comes, so that a connection that breaks loses none of it.
            while chunk := response.raw.read1(CHUNK):
                self.patience.check()
                missing -= len(chunk)
                if missing < 0:
                    break
                stream.write(chunk)
                advance(len(chunk))
        if missing < 0:
            _throw_away(partial, advance)
            raise WrongContent("more bytes than that")

    def _get(self, where: str, url: str, headers: dict[str, str]) -> requests.Response:
        """Give the answer to a request, its content not yet read, if it is one that helps."""
        response = self._session().get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
        status = response.status_code
        if status in (200, 206) or (status == 416 and "Range" in headers):
            return response
        response.close()
        if status in PASSING:
            raise Interrupted(f"HTTP {status}", _retry_after_s(response))
        raise InputError(
            where,
            expected="a file or a listing that anyone may read",
            found=f"HTTP {status} {response.reason}",
            consequence="it cannot be fetched",
            next_step="see in a browser whether it still exists, and correct `download` in "
            "config.yaml",
        )

    def _session(self) -> requests.Session:
        """Give this thread's session: connections are kept, and sessions are not shared."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session


def partial_of(target: Path) -> Path:
    """Name the file in which `target` grows."""
    return target.with_name(f"{target.name}.partial")


def _throw_away(partial: Path, advance: Callable[[int], Any]) -> None:
    advance(-partial.stat().st_size)
    partial.write_bytes(b"")


def _continues(response: requests.Response, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status_code == 206 and found is not None and int(found[1]) == start


def _retry_after_s(response: requests.Response) -> float:
    """Read Retry-After, seconds or a date; 0 if there is none."""
    try:
        return Retry().get_retry_after(response.raw) or 0.0
    except InvalidHeader:
        return 0.0


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
