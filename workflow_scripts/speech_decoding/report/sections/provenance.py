"""The state of the code, the cost of each step, and hashes of the files behind the numbers."""

from typing import Any

from speech_decoding.report.contents import Contents

TITLE = "Provenance"
ORDER = 130


def show(contents: Contents) -> dict[str, Any]:
    return {"origin": contents.origin, "costs": contents.costs, "hashes": contents.hashes}
