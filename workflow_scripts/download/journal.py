"""A table on disk that survives the sudden end of the process that writes it."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Keys and values, one appended line of JSON each; the last line of a key counts.

    Every line begins, not ends, with a line feed, so that what follows a line that was left
    unfinished is whole again.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        self._entries = dict(self._read())

    def get(self, key: str) -> Any:
        """Give the value of `key`, None if there is none."""
        return self._entries.get(key)

    def put(self, key: str, value: Any) -> None:
        """Set the value of `key`, in memory and on disk."""
        with self._lock:
            self._entries[key] = value
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(f"\n{json.dumps([key, value])}")

    def discard(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.path.unlink(missing_ok=True)

    def _read(self) -> Iterator[tuple[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                key, value = json.loads(line)
            except ValueError:  # empty, or left unfinished
                continue
            yield key, value
