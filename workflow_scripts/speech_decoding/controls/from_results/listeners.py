"""Listeners of whom no recording holds the sound, one by one.

Where a copy of the sound was recorded, it proves the alignment. Of a listener without one, only an
accuracy above chance tells that the events are where the speech was.
"""

import numpy as np

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.control import Outcome
from speech_decoding.controls.criteria import above
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import INTERVAL, tell_names
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.grouping import story_sizes
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import WITHIN_STORY
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences

ORDER = 30
TITLE = "Listeners without recorded sound, one by one"
THRESHOLD = (
    f"within the story, each one is above chance: the whole {INTERVAL} of the own top-{{k}} "
    "accuracy lies above it"
)
MEANING = "their recordings may be paired with speech that they did not hear then"


def judge(evidence: Evidence) -> Outcome:
    """Judge their accuracy within the story: a wrong file of the right story gives it away."""
    retrieval = evidence.retrieval
    sizes, sentences = story_sizes(retrieval), retrieval["sequence_text"].to_numpy()
    k = headline_k(sizes.mean(), evidence.top_k)
    lead = hits(ranks_of(retrieval, WITHIN_STORY), k, int(sizes.max())) - np.minimum(k / sizes, 1)
    judged = {}
    for subject in sorted(set(retrieval["subject"]) - set(evidence.located_sound["subject"])):
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
    return Outcome(
        False if at_chance else None if unknown else True,
        "; ".join(found),
        {"k": k, "subjects": judged},
    )
