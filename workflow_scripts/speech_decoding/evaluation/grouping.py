"""Which segments and candidates belong together: by word, story, and block of the test."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def spelling(word: str) -> str:
    """Give a word as it is counted and compared everywhere: upper and lower case are one word."""
    return word.casefold()


def story_pools(target: np.ndarray, story: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find for each candidate those that are heard in the same story.

    Parameters: target [segments], positions of the right candidates; story [segments].
    Returns: pool [candidates], and members [pools, candidates], whether a candidate is in a pool. A
    pool is a story; a candidate that is heard in several is looked for among those of all of them.
    """
    names, number = np.unique(np.asarray(story, dtype=str), return_inverse=True)
    heard = np.zeros((int(target.max()) + 1, len(names)), dtype=bool)
    heard[target, number] = True
    stories, pool = np.unique(heard, axis=0, return_inverse=True)  # [pools, stories]
    return pool.reshape(-1), (stories.astype(int) @ heard.T.astype(int)) > 0


def story_sizes(table: "pd.DataFrame") -> np.ndarray:
    """Give how many candidates the story of each retrieved segment has: [segments].

    Parameters: table, of all retrieved segments (target, story).
    """
    target = table["target"].to_numpy()
    pool, members = story_pools(target, table["story"].to_numpy())
    return members.sum(axis=1)[pool[target]]


def blocks_of(table: "pd.DataFrame") -> list[np.ndarray]:
    """Give the candidates of each test block, in the order of time.

    A candidate belongs to the block in which it is heard first; no window reaches into another.

    Parameters: table, of all retrieved segments (target, story, block, place_s).
    """
    first = table.drop_duplicates("target").sort_values(["place_s", "target"])
    return [block.to_numpy() for _, block in first.groupby(["story", "block"])["target"]]
