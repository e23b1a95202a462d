"""Retrieval from the timing of words alone.

A linear map estimates word onsets and durations from the decoder's estimates of speech, and the
candidates are ranked by the agreement of their words with it; no spectrum is involved.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from speech_decoding.controls.criteria import LESS_ACCURATE, judge_less_accurate
from speech_decoding.controls.examiner import Examiner, draw
from speech_decoding.evaluation.candidates import CandidateSpeech
from speech_decoding.evaluation.retrieval import estimate
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

ORDER = 110
TITLE = "Retrieval from word onsets and durations alone"
THRESHOLD, judge = LESS_ACCURATE, judge_less_accurate
MEANING = "only the timing of words was decoded"

_TRAINING_SEGMENTS = 500  # drawn, for the linear map
_ONSET_WIDTH_S = 0.025
_RIDGE = 1e-3  # of the mean variance of the estimates' features


def measure(examiner: Examiner) -> dict[str, Any]:
    """Compare as `comparison.compare`, by top-1 accuracy: top-10 may be perfect for both."""
    store = examiner.store
    samples = store.window.sample_count - store.delay

    def timing(rows: np.ndarray) -> Tensor:
        segments = examiner.segments.iloc[rows]
        tracks = word_timing(segments, examiner.words, store.window, samples)
        return torch.from_numpy(tracks).to(store.device)

    training = store.rows("train")
    training = training[draw(len(training), _TRAINING_SEGMENTS)]
    reader = TimingReader.fit(estimate(examiner.model, store, training), timing(training))
    candidates = timing(examiner.candidate_rows)
    speech = CandidateSpeech(lambda positions: candidates[positions], len(candidates))
    return examiner.compare(examiner.drawn, k=1, speech=speech, read=reader.read)


def word_timing(
    segments: "pd.DataFrame", words: "pd.DataFrame", window: Window, sample_count: int
) -> np.ndarray:
    """Describe when words are heard in each segment: float32 [segments, 2, sample_count].

    The first track is 1 inside words, the second a bump of 25 ms at each word's onset; both have
    mean 0 over the window.

    Parameters: segments (recording, first_sample); words (recording, start_s, duration_s);
    sample_count, of the window's beginning.
    """
    timing = np.zeros((len(segments), 2, sample_count), np.float32)
    by_recording = dict(tuple(words.groupby("recording")))
    place = np.arange(len(segments))
    for recording, group in segments.assign(place=place).groupby("recording"):
        first = group["first_sample"].to_numpy()
        begin = first[:, None] + np.arange(sample_count)  # [segments, samples]
        tracks = _tracks(by_recording[recording], int(begin.max()) + 1, window.rate_hz)
        timing[group["place"]] = tracks[:, begin].swapaxes(0, 1)
    return timing - timing.mean(axis=2, keepdims=True)


def _tracks(words: "pd.DataFrame", length: int, rate_hz: int) -> np.ndarray:
    start_s = words["start_s"].to_numpy()
    stop_s = start_s + words["duration_s"].to_numpy()
    start, stop = (np.round(edge * rate_hz).astype(int) for edge in (start_s, stop_s))
    steps = np.zeros(length + 1)
    np.add.at(steps, start.clip(0, length), 1)
    np.add.at(steps, stop.clip(0, length), -1)
    onsets = np.zeros(length)
    onsets[start[(start >= 0) & (start < length)]] = 1
    width = _ONSET_WIDTH_S * rate_hz
    onsets = gaussian_filter1d(onsets, width, mode="constant") * width * np.sqrt(2 * np.pi)
    return np.stack([np.cumsum(steps)[:length] > 0, onsets]).astype(np.float32)


class TimingReader:
    """A ridge regression from estimates to the timing of words, sample by sample."""

    def __init__(self, mean: Tensor, weights: Tensor):
        self._mean, self._weights = mean, weights

    @classmethod
    def fit(cls, estimates: Iterable[Tensor], timing: Tensor) -> "TimingReader":
        """Fit on segments.

        Parameters: estimates, blocks [batch, features, samples]; timing [segments, 2, samples],
        of all blocks together, with mean 0, so that the products with it need no centring.
        """
        count, first = 0, 0
        total, square, cross = 0.0, 0.0, 0.0
        for block in estimates:
            known = timing[first : first + len(block)].to(block.device)
            first += len(block)
            flat = block.double().transpose(1, 2).flatten(0, 1)  # [batch * samples, features]
            target = known.double().transpose(1, 2).flatten(0, 1)
            count += len(flat)
            total = total + flat.sum(dim=0)
            square = square + flat.mT @ flat
            cross = cross + flat.mT @ target
        mean = total / count
        covariance = square / count - mean[:, None] * mean
        ridge = _RIDGE * covariance.diagonal().mean().clamp(min=torch.finfo(torch.float64).eps)
        penalty = ridge * torch.eye(len(mean), dtype=torch.float64, device=mean.device)
        return cls(mean, torch.linalg.solve(covariance + penalty, cross / count))

    def read(self, estimates: Tensor) -> Tensor:
        """Give the timing in `estimates` [batch, features, samples]: [batch, 2, samples]."""
        centred = estimates.double() - self._mean[:, None]
        return torch.einsum("bft,fk->bkt", centred, self._weights).float()
