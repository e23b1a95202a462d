"""Robust scaling of the sensors, fitted per recording on its training segments."""

import hashlib

import numpy as np

from speech_decoding.segments.windows import Window


def choose_segments(recording: str, first_samples: np.ndarray, count: int) -> np.ndarray:
    """Choose up to `count` of a recording's training segments, the same ones every time."""
    seed = int.from_bytes(hashlib.sha256(recording.encode()).digest()[:8], "little")
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(first_samples))[:count]
    return first_samples[np.sort(chosen)]


def fit_scaler(
    signal: np.ndarray, first_samples: np.ndarray, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Find each sensor's median and interquartile range (protocol 2, step 6).

    Parameters: signal [samples, channels]; first_samples [segments], where the segments begin.
    Returns: center [channels] and scale [channels], float32, over all samples of the segments
    after subtracting each segment's baseline. The q-quantile of n sorted values is element
    int(q n), not interpolated; a scale of 0 becomes 1.
    """
    rows = first_samples[:, None] + np.arange(window.sample_count)  # [segments, samples]
    values = signal[rows]  # [segments, samples, channels]
    values -= values[:, : window.baseline_count].mean(axis=1, keepdims=True)
    pooled = values.reshape(-1, signal.shape[1]).T.copy()  # [channels, segments x samples]
    ranks = [int(q * pooled.shape[1]) for q in (0.25, 0.5, 0.75)]
    pooled.partition(ranks, axis=1)
    low, center, high = (pooled[:, rank] for rank in ranks)
    scale = high - low
    return center, np.where(scale == 0, np.float32(1), scale)
