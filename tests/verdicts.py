"""What a verdict on a recording says."""

from typing import Any

from speech_decoding.studies import Finding


def sentences_of(verdict: dict[str, Any]) -> list[str]:
    """Give the sentences of a verdict's findings, faults first."""
    return [Finding(**parts).sentence for parts in verdict["findings"]]
