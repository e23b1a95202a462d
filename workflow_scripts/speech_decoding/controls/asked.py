"""Asking a trained decoder what it should not know: the controls that need no further training."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from speech_decoding.controls.judged import DELAYS_S, MATCHED, SHIFT_S, compare, headline_k
from speech_decoding.controls.matching import find_rivals, sound_features
from speech_decoding.controls.stand_ins import (
    SHIFTED,
    SILENT,
    find_silence,
    pair_with_silence,
    shift_segments,
)
from speech_decoding.controls.timing import TimingReader, word_timing
from speech_decoding.dataset.opening import Further
from speech_decoding.dataset.store import StudyTables
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.candidates import CandidateSpeech, unique_segments
from speech_decoding.evaluation.grouping import story_pools
from speech_decoding.evaluation.levels import AmongAll, AmongMatched, AmongPool
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import SEGMENTS, WITHIN_STORY, RankTable
from speech_decoding.evaluation.retrieval import estimate, retrieve, rows_with_word
from speech_decoding.evaluation.trained import TrainedDecoder
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences
from speech_decoding.segments.heard_audio import place_in_story
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd

_SEED = 2208
# At most so many segments, drawn, are asked in each control, at each delay, and to learn timing.
_ASKED, _ASKED_PER_DELAY, _TIMING_SEGMENTS = 5000, 200, 500
# Noise of the interquartile range that scaled recordings have.
_NOISE_SD = 1 / 1.349
_MATCHED = "matched"


def stand_ins(window: Window) -> Further:
    """Give a function that lists the stretches of recordings that take the brain's place."""

    def list_segments(tables: StudyTables, signals: Mapping[str, np.ndarray]) -> "pd.DataFrame":
        import pandas as pd

        lengths = {name: len(signal) for name, signal in signals.items()}
        rows = rows_with_word(tables.segments)
        counts = [(SHIFT_S, _ASKED), *((delay_s, _ASKED_PER_DELAY) for delay_s in DELAYS_S)]
        shifted = [
            shift_segments(
                tables.segments.iloc[rows[draw(len(rows), count)]],
                lengths,
                shift_s=shift_s,
                window=window,
            )
            for shift_s, count in counts
        ]
        recordings = tables.segments[["recording", "subject", "story"]].drop_duplicates()
        silent = find_silence(tables.words, recordings, lengths, window)
        # The label of a shifted segment is the row of the one that it stands for.
        return pd.concat(
            [*(table.assign(stands_for=table.index) for table in shifted), silent],
            ignore_index=True,
        )

    return list_segments


@torch.no_grad()
def run_controls(
    trained: TrainedDecoder,
    retrieval: "pd.DataFrame",
    wavs: "pd.DataFrame",
    audio: Mapping[str, np.ndarray],
    *,
    audio_rate_hz: int,
    top_k: Sequence[int],
) -> dict[str, Any]:
    """Run every control that a trained decoder can be put to as it is.

    Parameters: trained, whose store also holds the segments of `stand_ins`; retrieval, its table of
    retrieved segments; wavs (wav, begin_s); audio, waveforms of the stories at audio_rate_hz.
    Returns: of each control what `controls.compare` gives within the story, None where no recording
    holds such a stretch; of matched candidates their number, accuracy, chance and interval; and the
    accuracy among all candidates at each delay.
    """
    examiner = _Examiner(trained, retrieval, top_k)
    return {
        "noise": examiner.ask_noise(),
        "shifted": examiner.ask_shifted(SHIFT_S),
        "silence": examiner.ask_silence(),
        "timing": examiner.ask_timing(),
        "matched": examiner.ask_matched(wavs, audio, audio_rate_hz),
        "delays": [examiner.ask_delay(shift_s) for shift_s in DELAYS_S],
    }


class _Examiner:
    """A decoder, the test segments that it is asked about, and how it did on them."""

    def __init__(self, trained: TrainedDecoder, retrieval: "pd.DataFrame", top_k: Sequence[int]):
        self._model, self._store = trained.model, trained.store
        self._words, self._wav_onsets = trained.words, trained.wav_onsets
        self._table, self._top_k = retrieval, top_k
        self._segments = trained.store.segments
        self._rows = rows_with_word(trained.store.segments)
        self._first, self._target = unique_segments(self._segments, self._rows)
        self._speech = trained.candidates(self._first)
        self._count = len(self._first)
        self._k = headline_k(self._count, top_k)
        # A recording may give away its story, which would be no leak: all but the delays and the
        # matched candidates are asked for among the candidates of the segment's own story.
        pool, members = story_pools(self._target, self._segments["story"].to_numpy()[self._rows])
        self._sizes = members.sum(axis=1)[pool[self._target]]
        self._levels = {
            SEGMENTS: AmongAll(),
            WITHIN_STORY: AmongPool(pool, members, self._store.device),
        }
        self._asked = draw(len(self._rows), _ASKED)  # positions among the test segments

    def ask_noise(self) -> dict[str, Any]:
        """Noise in place of the brain, for a decoder trained on brains."""
        generator = torch.Generator().manual_seed(_SEED)
        shape = self._store.brain(torch.tensor(self._rows[:1])).shape

        def noise(rows: Tensor) -> Tensor:
            windows = torch.randn(len(rows), *shape[1:], generator=generator) * _NOISE_SD
            return windows.to(self._store.device)

        return self._compare(self._asked, brain=noise)

    def ask_shifted(self, shift_s: float) -> dict[str, Any] | None:
        """The same recording, `shift_s` later than the speech."""
        positions, rows = self._shifted(shift_s)
        return self._compare(positions, rows) if len(rows) else None

    def ask_silence(self) -> dict[str, Any] | None:
        """Stretches of the same recording in which nobody speaks."""
        silent = self._store.rows(SILENT)
        recordings = self._segments["recording"].to_numpy()
        pairs = pair_with_silence(recordings[self._rows[self._asked]], recordings[silent])
        if (pairs < 0).all():
            return None
        return self._compare(self._asked[pairs >= 0], silent[pairs[pairs >= 0]])

    def ask_delay(self, shift_s: float) -> dict[str, Any]:
        """Accuracy where the brain is taken `shift_s` later than the decoder was trained to."""
        positions, rows = self._shifted(shift_s)
        asked = {"shift_s": shift_s, "n": len(rows), "k": self._k, "n_candidates": self._count}
        if len(rows) == 0:
            return asked | {"accuracy": None}
        accuracy = hits(self._retrieve(positions, rows)[SEGMENTS], self._k, self._count)
        return asked | {"accuracy": float(accuracy.mean())}

    def ask_timing(self) -> dict[str, Any]:
        """The timing of words alone: read off the estimates, compared with that of candidates."""
        samples = self._store.window.sample_count - self._store.delay

        def timing(rows: np.ndarray) -> Tensor:
            segments = self._segments.iloc[rows]
            return torch.from_numpy(
                word_timing(segments, self._words, self._store.window, samples)
            ).to(self._store.device)

        training = self._store.rows("train")
        training = training[draw(len(training), _TIMING_SEGMENTS)]
        reader = TimingReader.fit(estimate(self._model, self._store, training), timing(training))
        candidates = timing(self._first)
        # The best one alone: among ten, both may be right always.
        return self._compare(
            self._asked,
            k=1,
            speech=CandidateSpeech(lambda positions: candidates[positions], self._count),
            read=reader.read,
        )

    def ask_matched(
        self, wavs: "pd.DataFrame", audio: Mapping[str, np.ndarray], audio_rate_hz: int
    ) -> dict[str, Any]:
        """The segment among candidates of the same loudness and timing."""
        candidates = self._segments.iloc[self._first].reset_index(drop=True)
        features = sound_features(
            candidates,
            place_in_story(candidates, self._wav_onsets, wavs),
            self._words,
            audio,
            audio_rate_hz=audio_rate_hz,
            window=self._store.window,
        )
        size = min(MATCHED, max(self._count // 2, 1))
        k = headline_k(size, self._top_k)
        level = AmongMatched(find_rivals(features, size - 1), self._store.device)
        outcome = retrieve(
            estimate(self._model, self._store, self._rows[self._asked]),
            self._speech,
            self._target[self._asked],
            {_MATCHED: level},
        )
        accuracy = hits(outcome.ranks[_MATCHED], k, size)
        sentences = self._table["sequence_text"].to_numpy()[self._asked]
        return {
            "n": len(accuracy),
            "k": k,
            "n_candidates": size,
            "accuracy": float(accuracy.mean()),
            "chance": k / size,
            "interval": bootstrap_interval(accuracy, sentences),
            "n_sentences": count_sentences(sentences),
        }

    def _shifted(self, shift_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Find the segments shifted by `shift_s`: positions of what they stand for, and rows."""
        rows = self._store.rows(SHIFTED)
        rows = rows[self._segments["shift_s"].to_numpy()[rows] == shift_s]
        stands_for = self._segments["stands_for"].to_numpy()[rows].astype(np.int64)
        return np.searchsorted(self._rows, stands_for), rows

    def _retrieve(
        self,
        positions: np.ndarray,
        brain_rows: np.ndarray | None = None,
        *,
        brain: Callable[[Tensor], Tensor] | None = None,
        speech: CandidateSpeech | None = None,
        read: Callable[[Tensor], Tensor] | None = None,
    ) -> dict[str, RankTable]:
        rows = self._rows[positions]
        blocks = estimate(self._model, self._store, rows, brain=brain, brain_rows=brain_rows)
        estimates = map(read, blocks) if read else blocks
        target = self._target[positions]
        return retrieve(estimates, speech or self._speech, target, self._levels).ranks

    def _compare(
        self, positions: np.ndarray, *arguments: Any, k: int | None = None, **keywords: Any
    ) -> dict[str, Any]:
        ranks = self._retrieve(positions, *arguments, **keywords)
        own, sizes = self._table.iloc[positions], self._sizes[positions]
        return compare(
            ranks_of(own, WITHIN_STORY),
            ranks[WITHIN_STORY],
            sizes,
            own["sequence_text"],
            k=k or headline_k(self._sizes.mean(), self._top_k),
        )


def draw(count: int, at_most: int) -> np.ndarray:
    """Draw at most so many of `count` positions, sorted, the same ones every time."""
    return np.sort(np.random.default_rng(_SEED).permutation(count)[:at_most])
