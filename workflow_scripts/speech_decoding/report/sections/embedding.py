"""The embedding of the speech in each experiment, and its difference from fairseq."""

from typing import Any

from speech_decoding.report.contents import Contents

TITLE = "Speech embedding"
ORDER = 60


def show(contents: Contents) -> dict[str, Any]:
    return {"models": contents.embeddings}
