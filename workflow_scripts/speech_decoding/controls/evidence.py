"""The results from which the controls of `from_results` are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speech_decoding.recordings.thresholds import LEAST_CORRELATION

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """Results of a study and of its main experiment.

    proof: of the splits (`segments.leaks`); alignment, of measure_alignment: a row per recording
    (recording, subject, lag_ms, correlation); metrics and retrieval, of evaluate_decoder: the
    accuracies, and the table of all retrieved segments; top_k: the ks of the evaluation.
    """

    proof: Mapping[str, Any]
    alignment: "pd.DataFrame"
    metrics: Mapping[str, Any]
    retrieval: "pd.DataFrame"
    top_k: Sequence[int]

    @property
    def located_sound(self) -> "pd.DataFrame":
        """The rows of `alignment` with a reliable lag; elsewhere a channel holds another signal."""
        return self.alignment[self.alignment["correlation"] >= LEAST_CORRELATION]
