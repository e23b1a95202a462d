"""Noise instead of brain signals, for a decoder trained on brain signals."""

from typing import Any

import torch
from torch import Tensor

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance
from speech_decoding.controls.examiner import SEED, Examiner

ORDER = 50
TITLE = "Noise instead of brain signals at test"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the decoder identifies segments without brain signals"

# Scaled recordings have an interquartile range of 1, and so has noise of this standard deviation.
_NOISE_SD = 1 / 1.349


def measure(examiner: Examiner) -> dict[str, Any]:
    """Compare as `comparison.compare`."""
    generator = torch.Generator().manual_seed(SEED)
    shape = examiner.store.brain(torch.tensor(examiner.rows[:1])).shape

    def noise(rows: Tensor) -> Tensor:
        windows = torch.randn(len(rows), *shape[1:], generator=generator) * _NOISE_SD
        return windows.to(examiner.store.device)

    return examiner.compare(examiner.drawn, brain=noise)
