"""Synthetic speech with the exact time of every word and phoneme."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation import espeak

RATE_HZ = 22050

# espeak-ng's names of English phonemes, without stress marks, and their nearest ARPAbet label.
_ARPABET = {
    **dict.fromkeys(("a", "aa"), "ae"),
    **dict.fromkeys(("A:", "A@", "0"), "aa"),
    **dict.fromkeys(("@", "@2", "a#", "V"), "ah"),
    **dict.fromkeys(("aI", "aI@", "aI3"), "ay"),
    **dict.fromkeys(("O:", "O2", "O@", "o@"), "ao"),
    **dict.fromkeys(("E", "e@"), "eh"),
    **dict.fromkeys(("3", "3:"), "er"),
    **dict.fromkeys(("I", "I2", "I#", "i@", "i@3"), "ih"),
    **dict.fromkeys(("i", "i:"), "iy"),
    **dict.fromkeys(("U", "U@"), "uh"),
    **dict.fromkeys(("l", "@L"), "l"),
    **dict.fromkeys(("r", "r-"), "r"),
    **dict.fromkeys(("t", "t#", "t2"), "t"),
    **{"aU": "aw", "eI": "ey", "oU": "ow", "OI": "oy", "u:": "uw", "tS": "ch", "dZ": "jh"},
    **{"D": "dh", "T": "th", "S": "sh", "Z": "zh", "N": "ng", "h": "hh", "j": "y"},
    **{consonant: consonant for consonant in "bdfgkmnpsvwz"},
}
_STRESS = "',%="
_NO_PHONEME = ("", ";")  # unnamed events, and a mark that belongs to the phoneme before it


@dataclass(frozen=True)
class Utterance:
    """Spoken text. `waveform`: float32 in [-1, 1) at RATE_HZ.

    `words` has columns word, start_s, duration_s; `phonemes` has phoneme (ARPAbet with the suffix
    _B, _I, _E or _S for its place in the word), word_index, start_s, duration_s. The phonemes of a
    word follow each other without a gap and fill it.
    """

    waveform: np.ndarray
    words: pd.DataFrame
    phonemes: pd.DataFrame


def synthesise(sentences: Sequence[tuple[str, str, int]]) -> list[Utterance]:
    """Speak sentences, each given as (text, voice, words per minute), with espeak-ng.

    The same sentences give the same samples, since each call starts its own process. Texts may hold
    plain words, commas and full stops only.
    Raises: ValueError for a sentence whose words the synthesiser joins or splits.
    """
    finished = subprocess.run(
        [sys.executable, "-P", str(Path(espeak.__file__))],
        input=json.dumps(list(sentences)).encode("utf-8"),
        stdout=subprocess.PIPE,
        check=True,
    )
    with np.load(io.BytesIO(finished.stdout)) as spoken:
        if spoken["rate_hz"] != RATE_HZ:
            raise RuntimeError(f"expected speech at {RATE_HZ} Hz, found {spoken['rate_hz']} Hz")
        waveforms = np.split(spoken["samples"], np.cumsum(spoken["lengths"])[:-1])
        events = pd.DataFrame(spoken["events"], columns=["sentence", "type", "position", "sample"])
        events["name"] = spoken["names"]
    by_sentence = dict(list(events.groupby("sentence")))
    return [
        _utterance(text, waveform, by_sentence[index])
        for index, ((text, _, _), waveform) in enumerate(zip(sentences, waveforms, strict=True))
    ]


def _utterance(text: str, waveform: np.ndarray, events: pd.DataFrame) -> Utterance:
    positions = {match.start() + 1: match.group() for match in re.finditer(r"[A-Za-z]+", text)}
    if list(events.loc[events["type"] == espeak.WORD, "position"]) != list(positions):
        raise ValueError(f"the synthesiser joins or splits words of {text!r}")
    sounds = events[(events["type"] == espeak.PHONEME) & ~events["name"].isin(_NO_PHONEME)].copy()
    sounds["name"] = sounds["name"].str.lstrip(_STRESS)
    # A phoneme lasts until the next one or until the pause, whose names begin with "_".
    sounds["stop"] = sounds["sample"].shift(-1, fill_value=len(waveform))
    is_pause = sounds["name"].str.startswith("_")
    sounds = sounds[~is_pause & (sounds["stop"] > sounds["sample"])]

    order = {position: index for index, position in enumerate(positions)}
    index = sounds["position"].map(order)
    phonemes = pd.DataFrame(
        {
            "phoneme": sounds["name"].map(_ARPABET.__getitem__) + "_" + _place_in_word(index),
            "word_index": index,
            "start_s": sounds["sample"] / RATE_HZ,
            "duration_s": (sounds["stop"] - sounds["sample"]) / RATE_HZ,
        }
    ).reset_index(drop=True)
    extent = sounds.groupby(index).agg(start=("sample", "min"), stop=("stop", "max"))
    words = pd.DataFrame(
        {
            "word": list(positions.values()),
            "start_s": extent["start"].to_numpy() / RATE_HZ,
            "duration_s": (extent["stop"] - extent["start"]).to_numpy() / RATE_HZ,
        }
    )
    return Utterance(waveform.astype(np.float32) / 32768, words, phonemes)


def _place_in_word(word_index: pd.Series) -> np.ndarray:
    """Give B, I, E or S: beginning, inside or end of a word, or the single phoneme of one."""
    opens = (word_index != word_index.shift()).to_numpy()
    closes = (word_index != word_index.shift(-1)).to_numpy()
    return np.select([opens & closes, opens, closes], ["S", "B", "E"], "I")
