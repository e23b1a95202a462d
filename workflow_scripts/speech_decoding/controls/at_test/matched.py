"""Candidates matched for loudness and timing, so that neither identifies the segment."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.criteria import ABOVE_CHANCE, judge_above_chance
from speech_decoding.controls.examiner import Examiner
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.levels import AmongMatched
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences
from speech_decoding.segments.heard_audio import place_in_story
from speech_decoding.segments.windows import ANCHOR_DELAY, Window

if TYPE_CHECKING:
    import pandas as pd

ORDER = 120
TITLE = "Candidates matched for loudness and timing"
THRESHOLD, judge = ABOVE_CHANCE, judge_above_chance
MEANING = "loudness and the timing of words explain the accuracy"

# For each test segment, with the right one; at most half of all candidates.
CANDIDATES = 50
_QUIETEST_DB = -80.0


def measure(examiner: Examiner) -> dict[str, Any]:
    """Rank each segment among the candidates most similar to it.

    Returns: n, k, n_candidates, accuracy, chance, interval, n_sentences.
    """
    candidates = examiner.segments.iloc[examiner.candidate_rows].reset_index(drop=True)
    features = sound_features(
        candidates,
        place_in_story(candidates, examiner.wav_onsets, examiner.wavs),
        examiner.words,
        examiner.audio,
        audio_rate_hz=examiner.audio_rate_hz,
        window=examiner.store.window,
    )
    size = min(CANDIDATES, max(len(candidates) // 2, 1))
    k = headline_k(size, examiner.top_k)
    level = AmongMatched(find_rivals(features, size - 1), examiner.store.device)
    ranks = examiner.retrieve(examiner.drawn, levels={"matched": level})["matched"]
    accuracy = hits(ranks, k, size)
    sentences = examiner.retrieval["sequence_text"].to_numpy()[examiner.drawn]
    return {
        "n": len(accuracy),
        "k": k,
        "n_candidates": size,
        "accuracy": float(accuracy.mean()),
        "chance": k / size,
        "interval": bootstrap_interval(accuracy, sentences),
        "n_sentences": count_sentences(sentences),
    }


def find_rivals(features: np.ndarray, count: int) -> np.ndarray:
    """Find for each candidate the `count` most similar others: positions [candidates, count].

    Parameters: features [candidates, features], each scaled to unit variance before distances are
    computed; of equally similar candidates, the first ones are taken.
    """
    spread = features.std(axis=0)
    scaled = features / np.where(spread == 0, 1, spread)
    squares = np.square(scaled).sum(axis=1)
    distance = squares[:, None] + squares - 2 * scaled @ scaled.T  # [candidates, candidates]
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance.round(9), axis=1, kind="stable")[:, :count]


def sound_features(
    candidates: "pd.DataFrame",
    place_s: np.ndarray,
    words: "pd.DataFrame",
    audio: Mapping[str, np.ndarray],
    *,
    audio_rate_hz: int,
    window: Window,
) -> np.ndarray:
    """Describe each candidate without its spectrum.

    Parameters: candidates (recording, story, onset_s) and place_s, their onsets in the story's
    audio; words (recording, start_s, duration_s) of all recordings; audio, waveforms of the
    stories at audio_rate_hz.
    Returns: [candidates, 4]: loudness of the window (dB), duration of the word at its onset (s),
    seconds of words in the window, number of words that begin in it.
    """
    by_recording = dict(tuple(words.groupby("recording")))
    rows = []
    for row, onset_s in zip(candidates.itertuples(), place_s, strict=True):
        spoken = by_recording[row.recording]
        start_s = spoken["start_s"].to_numpy()
        duration_s = spoken["duration_s"].to_numpy()
        begin_s, end_s = row.onset_s + window.start_s, row.onset_s + window.stop_s
        heard_s = np.minimum(start_s + duration_s, end_s) - np.maximum(start_s, begin_s)
        here = np.searchsorted(start_s, row.onset_s + ANCHOR_DELAY / window.rate_hz, "right") - 1
        samples = [
            max(round((onset_s + edge_s) * audio_rate_hz), 0)
            for edge_s in (window.start_s, window.stop_s)
        ]
        rows.append(
            (
                _loudness_db(audio[row.story][samples[0] : samples[1]]),
                duration_s[max(here, 0)],
                heard_s.clip(min=0).sum(),
                ((start_s >= begin_s) & (start_s < end_s)).sum(),
            )
        )
    return np.array(rows, dtype=np.float64)


def _loudness_db(waveform: np.ndarray) -> float:
    if len(waveform) == 0:
        return _QUIETEST_DB
    power = float(np.square(waveform, dtype=np.float64).mean())
    return max(10 * np.log10(power), _QUIETEST_DB) if power > 0 else _QUIETEST_DB
