"""Accuracy by type of the heard word, and confusions with neighbouring words."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.evaluation.grouping import spelling
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences

if TYPE_CHECKING:
    import pandas as pd

_LENGTHS = ((1, 2), (3, 3), (4, 4), (5, 5), (6, 7), (8, None))
_COUNTS = ((0, 0), (1, 1), (2, 4), (5, 9), (10, None))
_CLASSES = {"content": "content words", "function": "function words"}
_CONDITIONS = {
    "sentence": "sentences",
    "word_list": "word lists",
    "pseudo_words": "pseudo-words",
}
_FARTHEST = 5
FAR = ("farther", "elsewhere")  # of `neighbours`: beyond these words, in the sentence and out of it


@dataclass(frozen=True)
class WordGroup:
    """Segments of one type of word; interval, over sentences, is None where there are too few."""

    name: str
    n: int
    n_sentences: int
    accuracy: float
    interval: tuple[float, float] | None


def accuracy_by_word(
    found: np.ndarray, table: "pd.DataFrame", words: "pd.DataFrame"
) -> dict[str, list[WordGroup]]:
    """Give accuracy by length, frequency, class and condition of the heard word.

    Word class and frequency in the language are those of the study's table of words.

    Parameters: found [segments], of `summary.mean_hits`; table, of retrieved segments; words, all
    spoken words of the study. A division with a single group is omitted.
    """
    heard = table["word"].map(spelling)
    letters = heard.str.count(r"\w").to_numpy(dtype=int)
    counts = heard.map(training_counts(words)).fillna(0).to_numpy(dtype=int)
    kinds = {
        "Word length (letters)": [(_range(pair), _inside(letters, pair)) for pair in _LENGTHS],
        "Occurrences in training": [(_range(pair), _inside(counts, pair)) for pair in _COUNTS],
        "Word frequency (log)": _quarters(_annotation(table, words, "log_frequency")),
        "Word class": _named(_annotation(table, words, "word_class"), _CLASSES),
        "Type of speech": _named(_annotation(table, words, "condition"), _CONDITIONS),
    }
    sentences = table["sequence_text"].to_numpy()
    groups = {
        kind: [
            WordGroup(
                name,
                int(inside.sum()),
                count_sentences(sentences[inside]),
                float(found[inside].mean()),
                bootstrap_interval(found[inside], sentences[inside]),
            )
            for name, inside in parts
            if inside.any()
        ]
        for kind, parts in kinds.items()
    }
    return {kind: parts for kind, parts in groups.items() if len(parts) > 1}


def training_counts(words: "pd.DataFrame") -> "pd.Series":
    """Count how often each word is said in the training split's audio, whoever heard it."""
    training = words[words["split"] == "train"]
    said = training.drop_duplicates(["story", "wav", "wav_start_s"])
    return said["word"].map(spelling).value_counts()


def neighbours(retrieval: "pd.DataFrame") -> dict[str, float]:
    """Give the distribution of the best candidate's distance from the heard segment.

    Returns: share of test segments by distance in words: from "-5" to "+5" in the same sentence,
    "0" for the heard segment, "farther" in that sentence, and "elsewhere".
    """
    candidates = retrieval.drop_duplicates("target").set_index("target")
    best = retrieval["best"].str[0].to_numpy()
    guessed = candidates.loc[best]
    same = guessed["sequence_text"].to_numpy() == retrieval["sequence_text"].to_numpy()
    offset = guessed["word_index"].to_numpy(dtype=int) - retrieval["word_index"].to_numpy(dtype=int)
    near = range(-_FARTHEST, _FARTHEST + 1)
    shares = {f"{step:+d}" if step else "0": np.mean(same & (offset == step)) for step in near}
    beyond = same & (np.abs(offset) > _FARTHEST), ~same
    shares |= {name: np.mean(inside) for name, inside in zip(FAR, beyond, strict=True)}
    return {name: float(share) for name, share in shares.items()}


def _inside(values: np.ndarray, limits: tuple[int, int | None]) -> np.ndarray:
    low, high = limits
    return (values >= low) & (values <= (np.inf if high is None else high))


def _range(limits: tuple[int, int | None]) -> str:
    low, high = limits
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


def _annotation(table: "pd.DataFrame", words: "pd.DataFrame", name: str) -> "pd.Series":
    """Look up a column of the study's table of words for each heard word, missing if unknown."""
    keys = ["sequence_text", "word_index"]
    known = words.drop_duplicates(keys)[[*keys, name]]
    return table[keys].merge(known, on=keys, how="left")[name]


def _named(values: "pd.Series", names: Mapping[str, str]) -> list[tuple[str, np.ndarray]]:
    return [
        (name, (values == key).fillna(False).to_numpy(dtype=bool)) for key, name in names.items()
    ]


def _quarters(values: "pd.Series") -> list[tuple[str, np.ndarray]]:
    """Divide what is known into four parts of about equal size."""
    edges = np.unique(values.dropna().quantile([0, 0.25, 0.5, 0.75, 1]).to_numpy().round(1))
    if len(edges) < 3:
        return []
    part = np.searchsorted(edges[1:-1], values.to_numpy(dtype=float), side="right")
    known = values.notna().to_numpy()
    return [
        (f"{low:g} to {high:g}", known & (part == number))
        for number, (low, high) in enumerate(pairwise(edges))
    ]
