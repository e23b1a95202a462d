"""Ranks of the right answers, at one of five levels."""

from dataclasses import dataclass

import numpy as np

# The segment that was heard, its word, its sentence, and the segment among candidates of which no
# two overlap, or among those of its own story.
SEGMENTS, WORDS, SENTENCES, APART = "segments", "words", "sentences", "apart"
WITHIN_STORY = "within_story"


@dataclass(frozen=True)
class RankTable:
    """The ranks of all test segments; arrays [segments].

    rank: from 1, the mean of those that share it, NaN where the level does not ask; tied: how many
    share it, itself included, 0 where it does not ask.
    """

    rank: np.ndarray
    tied: np.ndarray
