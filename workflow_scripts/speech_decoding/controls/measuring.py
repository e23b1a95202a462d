"""Measuring, on a trained decoder, the controls that need no further training."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from plumbing.found_by_name import modules_of
from speech_decoding.controls.examiner import Examiner
from speech_decoding.dataset.opening import Further
from speech_decoding.dataset.store import StudyTables
from speech_decoding.evaluation.trained import TrainedDecoder
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def further_segments(window: Window) -> Further:
    """Give a function that lists the further segments of all controls.

    The segments of each control form a split with its name.
    """

    def list_segments(tables: StudyTables, signals: Mapping[str, np.ndarray]) -> "pd.DataFrame":
        import pandas as pd

        lengths = {name: len(signal) for name, signal in signals.items()}
        listed = [
            control.further_segments(tables, lengths, window).assign(split=name)
            for name, control in _controls_at_test().items()
            if hasattr(control, "further_segments")
        ]
        return pd.concat(listed, ignore_index=True)

    return list_segments


@torch.no_grad()
def measure_controls(
    trained: TrainedDecoder,
    retrieval: "pd.DataFrame",
    wavs: "pd.DataFrame",
    audio: Mapping[str, np.ndarray],
    *,
    audio_rate_hz: int,
    top_k: Sequence[int],
) -> dict[str, Any]:
    """Measure every control of the folder `at_test`.

    Parameters: trained, whose store also holds `further_segments`; retrieval, its table of
    retrieved segments; wavs (wav, begin_s); audio, waveforms of the stories at audio_rate_hz.
    Returns: the numbers of each control, by its name.
    """
    examiner = Examiner(trained, retrieval, wavs, audio, audio_rate_hz=audio_rate_hz, top_k=top_k)
    return {name: control.measure(examiner) for name, control in _controls_at_test().items()}


def _controls_at_test() -> dict[str, Any]:
    return modules_of("speech_decoding.controls.at_test")
