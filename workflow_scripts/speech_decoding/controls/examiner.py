"""A trained decoder with its test segments, as the controls at test measure it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from speech_decoding.controls.comparison import compare, headline_k
from speech_decoding.evaluation.candidates import CandidateSpeech, unique_segments
from speech_decoding.evaluation.grouping import story_pools
from speech_decoding.evaluation.levels import AmongAll, AmongPool, Level
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import SEGMENTS, WITHIN_STORY, RankTable
from speech_decoding.evaluation.retrieval import estimate, retrieve, rows_with_word
from speech_decoding.evaluation.trained import TrainedDecoder

if TYPE_CHECKING:
    import pandas as pd

SEED = 2208
# The largest number of test segments decoded in a control; of more, this many are drawn.
MOST_SEGMENTS = 5000


class Examiner:
    """A trained decoder, its test segments, and its retrieval of them.

    Args:
        trained: the decoder, with a store that also holds the controls' further segments.
        retrieval: its table of retrieved segments, a row per test segment.
        wavs: of all stories (wav, begin_s).
        audio: waveforms of the stories at `audio_rate_hz`, by name.
        top_k: the ks of the evaluation.

    Attributes:
        segments: the table of all segments; row n of the store is its n-th segment.
        rows: rows of the test segments that have a word; positions below are positions in `rows`.
        candidate_rows: rows of the candidates, the unique test segments.
        target: of each test segment, the position of the right candidate in `candidate_rows`.
        speech: the speech of the candidates.
        drawn: positions of the test segments that a control decodes, at most 5000.
    """

    def __init__(
        self,
        trained: TrainedDecoder,
        retrieval: "pd.DataFrame",
        wavs: "pd.DataFrame",
        audio: Mapping[str, np.ndarray],
        *,
        audio_rate_hz: int,
        top_k: Sequence[int],
    ):
        self.model, self.store = trained.model, trained.store
        self.words, self.wav_onsets = trained.words, trained.wav_onsets
        self.retrieval, self.wavs, self.top_k = retrieval, wavs, top_k
        self.audio, self.audio_rate_hz = audio, audio_rate_hz
        self.segments = trained.store.segments
        self.rows = rows_with_word(self.segments)
        self.candidate_rows, self.target = unique_segments(self.segments, self.rows)
        self.speech = trained.candidates(self.candidate_rows)
        self.drawn = draw(len(self.rows), MOST_SEGMENTS)
        # A recording may reveal its story, which is no leak: controls are compared with the decoder
        # among the candidates of the same story.
        pool, members = story_pools(self.target, self.segments["story"].to_numpy()[self.rows])
        self._sizes = members.sum(axis=1)[pool[self.target]]
        self._levels: dict[str, Level] = {
            SEGMENTS: AmongAll(),
            WITHIN_STORY: AmongPool(pool, members, self.store.device),
        }

    def positions_of(self, further_rows: np.ndarray) -> np.ndarray:
        """Give the positions of the test segments from which further segments were made."""
        stands_for = self.segments["stands_for"].to_numpy()[further_rows].astype(np.int64)
        return np.searchsorted(self.rows, stands_for)

    def retrieve(
        self,
        positions: np.ndarray,
        brain_rows: np.ndarray | None = None,
        *,
        brain: Callable[[Tensor], Tensor] | None = None,
        speech: CandidateSpeech | None = None,
        read: Callable[[Tensor], Tensor] | None = None,
        levels: Mapping[str, Level] | None = None,
    ) -> dict[str, RankTable]:
        """Decode test segments and rank the candidates: for each level, ranks [positions].

        Parameters: brain_rows [positions], rows whose brain windows replace those of the segments;
        brain, a function from rows to brain windows [batch, sensors, samples] that replaces the
        store's; speech, other candidates; read, applied to estimates [batch, features, samples]
        before the comparison; levels, all candidates and those of the same story if None.
        """
        blocks = estimate(
            self.model, self.store, self.rows[positions], brain=brain, brain_rows=brain_rows
        )
        estimates = map(read, blocks) if read else blocks
        target = self.target[positions]
        return retrieve(estimates, speech or self.speech, target, levels or self._levels).ranks

    def compare(
        self,
        positions: np.ndarray,
        brain_rows: np.ndarray | None = None,
        *,
        k: int | None = None,
        brain: Callable[[Tensor], Tensor] | None = None,
        speech: CandidateSpeech | None = None,
        read: Callable[[Tensor], Tensor] | None = None,
    ) -> dict[str, Any]:
        """Decode test segments, and compare the accuracy within the story with the decoder's.

        Parameters: as `retrieve`; k, of the accuracy, `headline_k` if None.
        Returns: as `comparison.compare`.
        """
        ranks = self.retrieve(positions, brain_rows, brain=brain, speech=speech, read=read)
        decoded, sizes = self.retrieval.iloc[positions], self._sizes[positions]
        return compare(
            ranks_of(decoded, WITHIN_STORY),
            ranks[WITHIN_STORY],
            sizes,
            decoded["sequence_text"],
            k=k or headline_k(self._sizes.mean(), self.top_k),
        )


def draw(count: int, at_most: int) -> np.ndarray:
    """Draw at most `at_most` of `count` positions, sorted, always the same."""
    return np.sort(np.random.default_rng(SEED).permutation(count)[:at_most])
