"""What OSF holds: the files of public nodes, listed through its API.

Source: OSF API v2, `nodes/{node}/files/osfstorage/`; protocol 1.1. OSF answers 100 requests per
hour to those without a token and 10 000 per day to those with one, and a study has some 200
folders; so pages are asked for at their largest, folders of other subjects not at all, and a
listing that was interrupted goes on from its journal.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from download.journal import Journal
from download.transfer import Transfer
from plumbing.errors import InputError

_PAGE_SIZE = "page%5Bsize%5D=100"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a node: `path` below the node's root, `size` in bytes, `digest` "sha256:..."."""

    path: str
    size: int
    digest: str
    url: str
    node: str


class Listing:
    """The files of OSF nodes.

    Parameters: api, address of the API; journal, the pages already read; token, of an OSF account
    or None: it is sent to the API and nowhere else.
    """

    def __init__(self, transfer: Transfer, api: str, journal: Journal, token: str | None):
        self.transfer = transfer
        self.api = api.rstrip("/")
        self._journal = journal
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def files(self, node: str, wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
        """List the files of a node whose path is wanted, without opening folders that are not.

        Raises: InputError if OSF does not know the node or answers in another form.
        """
        waiting = [f"{self.api}/nodes/{node}/files/osfstorage/?{_PAGE_SIZE}"]
        while waiting:
            page = self._page(waiting.pop())
            waiting += page["next"]
            waiting += [url for path, url in page["folders"] if wanted(path)]
            for path, *facts in page["files"]:
                if wanted(path):
                    yield RemoteFile(path, *facts, node)

    def _page(self, url: str) -> dict[str, list]:
        page = self._journal.get(url)
        if page is None:
            headers = self._headers if url.startswith(f"{self.api}/") else {}
            answer = self.transfer.json(url, headers)
            try:
                page = _read_page(answer)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise InputError(
                    url,
                    expected="a list of files as OSF's API version 2 writes it",
                    found=f"{type(error).__name__}: {error}",
                    consequence="it is not known what to fetch",
                    next_step="see whether download.api in config.yaml is right",
                ) from error
            self._journal.put(url, page)
        return page


def merge(files: Iterable[RemoteFile]) -> tuple[list[RemoteFile], list[str]]:
    """Merge the files of several nodes into one tree, sorted by path.

    Returns: the files, and a sentence for each path whose content differs between two nodes: the
    one listed first is taken.
    """
    by_path: dict[str, RemoteFile] = {}
    disagreements = []
    for file in files:
        first = by_path.setdefault(file.path, file)
        if (first.size, first.digest) != (file.size, file.digest):
            disagreements.append(
                f"{file.path}: {first.size} bytes in node {first.node} but {file.size} bytes, and "
                f"another content, in node {file.node}; that of {first.node} is taken."
                if first.size != file.size
                else f"{file.path}: nodes {first.node} and {file.node} hold different contents; "
                f"that of {first.node} is taken."
            )
    return [by_path[path] for path in sorted(by_path)], disagreements


def subject_of(path: str) -> str | None:
    """Give the subject that a path in a BIDS tree belongs to, None for what all share."""
    found = re.search(r"(?:^|/)sub-([0-9A-Za-z]+)", path)
    return found and found[1]


def _read_page(answer: Any) -> dict[str, list]:
    """Take what is needed from one page of a listing."""
    page: dict[str, list] = {"files": [], "folders": [], "next": []}
    for entry in answer["data"]:
        facts = entry["attributes"]
        path = facts["materialized_path"].removeprefix("/")
        if facts["kind"] == "folder":
            url = entry["relationships"]["files"]["links"]["related"]["href"]
            page["folders"].append([path, f"{url}{'&' if '?' in url else '?'}{_PAGE_SIZE}"])
        else:
            digest = _digest(path, facts["extra"]["hashes"])
            page["files"].append([path, int(facts["size"]), digest, entry["links"]["download"]])
    if answer["links"].get("next"):
        page["next"].append(answer["links"]["next"])
    return page


def _digest(path: str, hashes: dict[str, str | None]) -> str:
    for algorithm in ("sha256", "md5"):
        if hashes.get(algorithm):
            return f"{algorithm}:{hashes[algorithm].lower()}"
    raise ValueError(f"no checksum for {path}")
