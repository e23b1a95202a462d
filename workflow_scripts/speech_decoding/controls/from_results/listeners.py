"""Each listener without recorded sound: an accuracy above chance level.

Where the sound was recorded, it proves the alignment. For a listener without recorded sound, only
an accuracy above chance level shows that the events are aligned with the speech.
"""

import numpy as np

from speech_decoding.controls.comparison import headline_k
from speech_decoding.controls.control import Outcome
from speech_decoding.controls.criteria import above
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.wording import INTERVAL, write_names
from speech_decoding.evaluation.accuracy import hits
from speech_decoding.evaluation.grouping import story_sizes
from speech_decoding.evaluation.metrics import ranks_of
from speech_decoding.evaluation.ranks import WITHIN_STORY
from speech_decoding.evaluation.uncertainty import bootstrap_interval, count_sentences

ORDER = 30
TITLE = "Individual listeners without recorded sound"
THRESHOLD = (
    "among the candidates of the same story, the accuracy of each listener is above chance level: "
    f"its {INTERVAL} over sentences lies entirely above it"
)
MEANING = "their recordings may be paired with speech that they did not hear at that time"


def judge(evidence: Evidence) -> Outcome:
    """Judge their accuracy within the story, since a wrong file may be of the right story."""
    retrieval = evidence.retrieval
    sizes, sentences = story_sizes(retrieval), retrieval["sequence_text"].to_numpy()
    k = headline_k(sizes.mean(), evidence.top_k)
    lead = hits(ranks_of(retrieval, WITHIN_STORY), k, int(sizes.max())) - np.minimum(k / sizes, 1)
    judged = {}
    for subject in sorted(set(retrieval["subject"]) - set(evidence.located_sound["subject"])):
        chosen = (retrieval["subject"] == subject).to_numpy()
        judged[str(subject)] = {
            "above_chance": float(lead[chosen].mean()),
            "interval": bootstrap_interval(lead[chosen], sentences[chosen], bounds=(-1.0, 1.0)),
            "n_sentences": count_sentences(sentences[chosen]),
        }
    unknown = [name for name, each in judged.items() if each["interval"] is None]
    at_chance = [
        name
        for name, each in judged.items()
        if name not in unknown and not above(each["interval"], 0)
    ]
    above_chance = len(judged) - len(at_chance) - len(unknown)
    found = [f"top-{k} accuracy above chance level in {above_chance} of {len(judged)} listeners"]
    if not judged:
        found = ["no listener without recorded sound"]
    if at_chance:
        found.append("at chance level: " + write_names(at_chance))
    if unknown:
        found.append("too few test sentences: " + write_names(unknown))
    return Outcome(
        False if at_chance else None if unknown else True,
        "; ".join(found),
        {"k": k, "subjects": judged},
    )
