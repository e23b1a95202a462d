"""Whether brain and speech are paired in time: by the sound recorded, or by the listener's result.

A recording that holds a copy of the sound proves its alignment. Of a listener without one, only an
accuracy above chance tells that the events are where the speech was.
"""

from typing import TYPE_CHECKING

import numpy as np

from speech_decoding.controls.verdict import INTERVAL, Verdict, above, tell_names
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.grouping import story_sizes
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import WITHIN_STORY
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences
from speech_decoding.recordings.thresholds import LARGEST_LAG_S, LEAST_CORRELATION

if TYPE_CHECKING:
    import pandas as pd

_LARGEST_LAG_MS = 1000 * LARGEST_LAG_S


def judge_alignment(alignment: "pd.DataFrame") -> Verdict:
    """Judge whether the recorded sound lies where the events place it.

    Parameters: alignment, of measure_alignment: a row per recording (recording, lag_ms,
    correlation). Not run where no recording holds the sound.
    """
    measured = measured_recordings(alignment)
    lag_ms = measured.set_index("recording")["lag_ms"]
    far = lag_ms[lag_ms.abs() > _LARGEST_LAG_MS].sort_values(key=np.abs, ascending=False)
    found = "not run: no recording holds the sound"
    if len(measured):
        worst = lag_ms.abs().idxmax()
        found = (
            f"the sound was found in {len(measured)} of {len(alignment)} recordings, at most "
            f"{abs(lag_ms[worst]):.0f} ms from its events ({worst})"
        )
    if len(far):
        found += "; too far in " + tell_names(
            [f"{name} ({lag:+.0f} ms)" for name, lag in far.items()]
        )
    return Verdict(
        "alignment",
        "Recorded sound against the events",
        far.empty if len(measured) else None,
        found,
        f"in every recording that holds the sound, within {_LARGEST_LAG_MS:g} ms of its events",
        "brain and speech were paired at the wrong time, in training too",
        {
            "recordings": len(alignment),
            "measured": len(measured),
            "lag_ms": {str(name): float(lag) for name, lag in far.items()},
        },
    )


def judge_listeners(retrieval: "pd.DataFrame", alignment: "pd.DataFrame", *, k: int) -> Verdict:
    """Judge the listeners of whom no recording holds the sound, by their own accuracy.

    It is taken within the story, since a wrong file of the right story gives the story away.

    Parameters: retrieval, the table of all retrieved segments; k, of the accuracy.
    """
    measured = set(measured_recordings(alignment)["subject"])
    sizes, sentences = story_sizes(retrieval), retrieval["sequence_text"].to_numpy()
    lead = hits(ranks_of(retrieval, WITHIN_STORY), k, int(sizes.max())) - np.minimum(k / sizes, 1)
    judged = {}
    for subject in sorted(set(retrieval["subject"]) - measured):
        own = (retrieval["subject"] == subject).to_numpy()
        judged[str(subject)] = {
            "above_chance": float(lead[own].mean()),
            "interval": bootstrap_interval(lead[own], sentences[own], bounds=(-1.0, 1.0)),
            "n_sentences": count_sentences(sentences[own]),
        }
    unknown = [name for name, each in judged.items() if each["interval"] is None]
    at_chance = [
        name
        for name, each in judged.items()
        if name not in unknown and not above(each["interval"], 0)
    ]
    found = [
        f"{len(judged)} listeners without the sound, {len(judged) - len(at_chance) - len(unknown)} "
        "of them above chance"
    ]
    if at_chance:
        found.append("at chance: " + tell_names(at_chance))
    if unknown:
        found.append("too few test sentences to tell: " + tell_names(unknown))
    return Verdict(
        "listeners",
        "Listeners without recorded sound, one by one",
        False if at_chance else None if unknown else True,
        "; ".join(found),
        f"within the story, each one is above chance: the whole {INTERVAL} of the own top-{k} "
        "accuracy lies above it",
        "their recordings may be paired with speech that they did not hear then",
        {"k": k, "subjects": judged},
    )


def measured_recordings(alignment: "pd.DataFrame") -> "pd.DataFrame":
    """Give the rows of recordings in which the sound was found; a channel may hold another."""
    return alignment[alignment["correlation"] >= LEAST_CORRELATION]
