"""A few test segments with their words: ranked first, nearly first and far behind."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from speech_decoding.evaluation.grouping import spelling
from speech_decoding.report.contents import Contents
from speech_decoding.report.listening import Listening

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Retrieved segments"
ORDER = 110

_PER_GROUP = 4
_SEED = 2208
_WORDS_SHOWN = 5
# Words of the sentence that are shown on either side of the heard one.
_CONTEXT = 8


@dataclass(frozen=True)
class Guess:
    """One of the best candidates; `match` is "segment", "word" (said elsewhere) or "none"."""

    word: str
    match: str


@dataclass(frozen=True)
class Example:
    """One test segment: the heard word with the words around it, and what was retrieved.

    sound and best_sound: sources of audio, of the segment and of the best candidate; None if the
    page is to be silent.
    """

    before: str
    word: str
    after: str
    subject: str
    story: str
    onset_s: float
    rank: float
    probability: float
    guesses: tuple[Guess, ...]
    sound: str | None
    best_sound: str | None


@dataclass(frozen=True)
class Group:
    """Examples whose ranks lie above `over` and up to `up_to`; share of all test segments."""

    title: str
    over: float
    up_to: float
    share: float
    examples: tuple[Example, ...]


def show(contents: Contents) -> dict[str, Any]:
    run = contents.main_run
    return {
        "experiment": contents.main_experiment,
        "seed": run.seed,
        "result": contents.main_result,
        "groups": choose_examples(run.retrieval, contents.listening),
        "right_sentence": right_sentence_share(run.retrieval),
    }


def choose_examples(
    retrieval: "pd.DataFrame", listening: Listening | None = None
) -> tuple[Group, ...]:
    """Draw examples from each range of ranks, by a fixed seed and never two of one segment.

    Parameters: retrieval, the table of one trained decoder; listening, gives the audio.
    """
    ranges = (("Correct", 0.0, 1.0), ("Nearly correct", 1.0, 10.0), ("Wrong", 10.0, np.inf))
    order = np.random.default_rng(_SEED).permutation(len(retrieval))
    groups = []
    for title, over, up_to in ranges:
        inside = (retrieval["rank"] > over) & (retrieval["rank"] <= up_to)
        drawn = retrieval.iloc[order][inside.to_numpy()[order]].drop_duplicates("target")
        drawn = drawn.head(_PER_GROUP)
        sounds = _sounds(drawn, retrieval, listening)
        examples = tuple(
            _example(row, *own) for row, own in zip(drawn.itertuples(), sounds, strict=True)
        )
        groups.append(Group(title, over, up_to, float(inside.mean()), examples))
    return tuple(groups)


def right_sentence_share(retrieval: "pd.DataFrame") -> float | None:
    """Give how many of the wrong best candidates come from the sentence that was heard.

    Windows of neighbouring words overlap, so such a candidate holds much of the same speech.
    Returns: a share in [0, 1], None if every best candidate is right.
    """
    sentences = retrieval.drop_duplicates("target").set_index("target")["sequence_text"]
    best = retrieval["best"].str[0].to_numpy()
    wrong = best != retrieval["target"].to_numpy()
    if not wrong.any():
        return None
    same = sentences.loc[best].to_numpy() == retrieval["sequence_text"].to_numpy()
    return float(same[wrong].mean())


def _sounds(
    drawn: "pd.DataFrame", retrieval: "pd.DataFrame", listening: Listening | None
) -> list[tuple[str | None, str | None]]:
    """Give the speech of the segments in `drawn`, and that of their best candidates."""
    if listening is None or drawn.empty:
        return [(None, None)] * len(drawn)
    segments = retrieval.drop_duplicates("target").set_index("target")
    best = segments.loc[drawn["best"].str[0]]
    return list(zip(listening.clips(drawn), listening.clips(best), strict=True))


def _example(row: tuple, sound: str | None, best_sound: str | None) -> Example:
    sentence = row.sequence_text.split(" ")
    index = int(row.word_index)
    before, after = sentence[:index], sentence[index + 1 :]
    guesses = tuple(
        Guess(word, _match(row, best, word))
        for best, word in zip(row.best, row.best_words[:_WORDS_SHOWN], strict=False)
    )
    return Example(
        before=" ".join(["…"] * (len(before) > _CONTEXT) + before[-_CONTEXT:]),
        word=row.word,
        after=" ".join(after[:_CONTEXT] + ["…"] * (len(after) > _CONTEXT)),
        subject=row.subject,
        story=row.story,
        onset_s=row.onset_s,
        rank=row.rank,
        probability=row.probability,
        guesses=guesses,
        sound=sound,
        best_sound=best_sound,
    )


def _match(row: tuple, best: int, word: str) -> str:
    if best == row.target:
        return "segment"
    return "word" if spelling(word) == spelling(row.word) else "none"
