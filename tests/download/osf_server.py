"""A server on this machine that answers as OSF does, faults included."""

import hashlib
import json
import re
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE_SIZE = 3


@dataclass
class Fault:
    """What goes wrong with one answer: a `status` instead of it, or the content spoilt.

    `cut` bytes are sent and then nothing; `content` is sent in place of the right one; with
    `whole`, a range that was asked for is ignored.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    content: bytes | None = None
    whole: bool = False
    pause_s: float = 0.0


@dataclass(frozen=True)
class Request:
    """What was asked for: a path, with the range and the token that came along."""

    path: str
    range: str | None
    token: str | None


class OsfServer:
    """Nodes with files, listed in pages; files are redirected to, as OSF does."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.stated: dict[tuple[str, str], dict] = {}
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.always: dict[str, Fault] = {}
        self.requests: list[Request] = []
        self.going = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)

    def __enter__(self) -> "OsfServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.going.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api(self) -> str:
        return f"{self.address}/v2"

    def state(self, node: str, path: str, **facts: object) -> None:
        """State facts of a file that are not so: `size`, `hashes`, `materialized_path`."""
        self.stated[node, path] = facts

    def spoil(self, path: str, *faults: Fault) -> None:
        """Let the next answers for a path go wrong, one fault each."""
        self.faults[path].extend(faults)

    def fetched(self) -> list[str]:
        """Name the files of which content was asked for, in order."""
        return [r.path.split("/", 3)[3] for r in self.requests if r.path.startswith("/content/")]

    def listed(self) -> list[str]:
        """Name the pages that were asked for, in order."""
        return [r.path for r in self.requests if r.path.startswith("/v2/")]

    def page(self, node: str, folder: str, number: int) -> dict:
        """Give one page of the listing of a folder ("" or "a/b/")."""
        below = {p[len(folder) :] for p in self.files[node] if p.startswith(folder)}
        names = sorted({p.split("/")[0] + ("/" if "/" in p else "") for p in below})
        shown = names[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
        here = f"{self.api}/nodes/{node}/files/osfstorage/{folder}"
        more = (number + 1) * PAGE_SIZE < len(names)
        return {
            "data": [self._entry(node, folder + name, f"{here}{name}") for name in shown],
            "links": {"next": f"{here}?page={number + 2}" if more else None},
        }

    def _entry(self, node: str, path: str, url: str) -> dict:
        if path.endswith("/"):
            stated = self.stated.get((node, path), {})
            return {
                "attributes": {"kind": "folder", "materialized_path": f"/{path}"} | stated,
                "relationships": {"files": {"links": {"related": {"href": url}}}},
            }
        content = self.files[node][path]
        facts = {"size": len(content), "materialized_path": f"/{path}"}
        facts["hashes"] = {
            "md5": hashlib.md5(content).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        facts |= self.stated.get((node, path), {})
        return {
            "attributes": {
                "kind": "file",
                "size": facts["size"],
                "materialized_path": facts["materialized_path"],
                "extra": {"hashes": facts["hashes"]},
            },
            "links": {"download": f"{self.address}/download/{node}/{path}"},
        }

    def _handler(osf) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                token, range_ = self.headers.get("Authorization"), self.headers.get("Range")
                osf.requests.append(Request(url.path, range_, token))
                fault = osf.faults[url.path].popleft() if osf.faults[url.path] else None
                fault = fault or osf.always.get(url.path) or Fault()
                if fault.status:
                    self.answer(fault.status, b"no", fault.headers, fault)
                elif listing := re.fullmatch(r"/v2/nodes/(\w+)/files/osfstorage/(.*)", url.path):
                    number = int(parse_qs(url.query).get("page", ["1"])[0]) - 1
                    page = osf.page(listing[1], listing[2], number)
                    self.answer(200, fault.content or json.dumps(page).encode(), {}, fault)
                elif url.path.startswith("/download/"):
                    place = url.path.replace("/download/", "/content/", 1)
                    self.answer(302, b"", {"Location": place}, fault)
                else:
                    _, _, node, path = url.path.split("/", 3)
                    self.content(osf.files[node][path], range_, fault)

            def content(self, content: bytes, range_: str | None, fault: Fault) -> None:
                content = content if fault.content is None else fault.content
                if not range_ or fault.whole:
                    return self.answer(200, content, {}, fault)
                start = int(re.fullmatch(r"bytes=(\d+)-", range_)[1])
                if start >= len(content):
                    return self.answer(416, b"", {}, fault)
                stated = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
                self.answer(206, content[start:], stated, fault)

            def answer(
                self, status: int, content: bytes, headers: dict[str, str], fault: Fault
            ) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: fault.cut])
                self.wfile.flush()
                if fault.pause_s:
                    osf.going.wait(fault.pause_s)
                if fault.cut is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler
