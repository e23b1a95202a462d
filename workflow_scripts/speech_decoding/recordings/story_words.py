"""Whether all listeners of a story heard the same words.

The text of a block decides its split. A listener whose events lack a word, or hold one more, has
other blocks in other splits: what is trained on with one listener would be tested on with another.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from speech_decoding.studies import Finding

if TYPE_CHECKING:
    import pandas as pd

# What of a word names its block.
_NAMING = ("word", "word_index", "condition")


def sum_up_words(events: "pd.DataFrame") -> dict[str, dict[str, Any]]:
    """Sum up which words a recording's events (EVENT_COLUMNS) hold.

    Returns: by audio file, their `count`, and a `digest` of them in the order of the file.
    """
    words = events[events["kind"] == "word"].dropna(subset=["wav", "wav_start_s"])
    summary = {}
    for wav, rows in words.sort_values("wav_start_s", kind="stable").groupby("wav"):
        text = rows[list(_NAMING)].astype("string").fillna("").to_csv(index=False, header=False)
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
        summary[str(wav)] = {"count": len(rows), "digest": digest}
    return summary


def compare_words(
    stories: Mapping[str, str], words: Mapping[str, Mapping[str, Any]]
) -> Iterable[tuple[str, Finding]]:
    """Find recordings whose words are not those of the other listeners of their story.

    The words of an audio file are those of most recordings; of two versions that are in as many,
    those that are more.
    Parameters: stories, from recording to its story; words, from recording to what `sum_up_words`
    gave for it, of the recordings whose events could be read.
    Returns: a fault for each audio file in which a recording differs, with the recording's id.
    """
    heard: dict[tuple[str, str], list[tuple[str, int, str]]] = {}
    for recording, summary in words.items():
        for wav, part in summary.items():
            version = (recording, part["count"], part["digest"])
            heard.setdefault((stories[recording], wav), []).append(version)
    for (_, wav), versions in sorted(heard.items()):
        votes = Counter((count, digest) for _, count, digest in versions)
        usual = max(votes, key=lambda version: (votes[version], *version))
        for recording, count, digest in versions:
            if (count, digest) == usual:
                continue
            found = f"{count} words" if count != usual[0] else "other ones, or other sentences,"
            yield (
                recording,
                Finding.fault(
                    f"events of {recording}",
                    expected="the words that the other listeners of the story heard",
                    found=f"{found} in {wav}, not the {usual[0]} of {votes[usual]} of "
                    f"{len(versions)} recordings",
                    consequence="its blocks would have another text, and so another split, than "
                    "elsewhere",
                    next_step="fetch the events again, or exclude the recording in config.yaml "
                    "with a reason",
                ),
            )
