"""Blocks: stretches of a story that stay in one split.

A block opens at a sentence; neighbours are merged until they last longer than 6 s; a hash of the
block's text decides its split, so that the same words are in the same split for every listener.
"""

import hashlib
import random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# Scrambled pseudo-words do not count towards the text that names a block (protocol 4).
TEXT_CONDITIONS = frozenset({"sentence", "context", "question", "fixation", "word_list"})
SPLITS = ("train", "valid", "test")


def find_blocks(events: "pd.DataFrame", *, shortest_block_s: float) -> "pd.DataFrame":
    """Cut one recording's time line into blocks (protocol 4).

    Parameters: events, a recording's event table; shortest_block_s, merge sentences until a block
    lasts longer than this many seconds.
    Returns: a row per block, in order: start_s, stop_s (seconds of the recording; the first starts
    at 0, or with the speech if that began before the recording; the last stops at infinity), text
    (the merged sentences, which name the block).
    """
    import pandas as pd

    words = events[events["kind"] == "word"]
    start_s = words["start_s"].to_numpy()
    # Whether a word that ends where a sentence begins belongs before it is decided by this very
    # sum: start plus duration, in double precision, strictly smaller.
    end_s = start_s + words["duration_s"].to_numpy()
    counts = words["condition"].isin(TEXT_CONDITIONS).to_numpy()
    spelling = words["word"].to_numpy()
    opens_s = start_s[(words["word_index"] == 0).fillna(False).to_numpy(dtype=bool)]
    closes_s = np.append(opens_s[1:], np.inf)

    # Counted from 0, sentences heard before the recording would merge otherwise than elsewhere.
    blocks, begin_s, texts = [], opens_s.min(initial=0.0), []
    for position, (open_s, close_s) in enumerate(zip(opens_s, closes_s, strict=True)):
        inside = (start_s >= open_s) & (end_s < close_s) & counts
        texts.append(" ".join(spelling[inside]))
        if position == len(opens_s) - 1 or close_s > begin_s + shortest_block_s:
            blocks.append((begin_s, close_s, ",".join(texts)))
            begin_s, texts = close_s, []
    return pd.DataFrame(blocks, columns=["start_s", "stop_s", "text"])


def split_score(text: str, *, seed: int) -> float:
    """Map a block's text to a number in [0, 1) that is the same everywhere (protocol 4)."""
    digest = int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16)
    return random.Random(digest + seed).random()


def assign_split(text: str, *, seed: int, test_share: float, valid_share: float) -> str:
    """Give the split of a block: "test", "valid" or "train". Shares are probabilities per block."""
    score = split_score(text, seed=seed)
    if score < test_share:
        return "test"
    if score < test_share + valid_share:
        return "valid"
    return "train"
