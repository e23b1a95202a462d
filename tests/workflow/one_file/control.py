"""The brain reversed in time."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 45
TITLE = "Brain reversed in time"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the order of time does not matter"


def measure(examiner):
    return examiner.compare(
        examiner.drawn, brain=lambda rows: examiner.store.brain(rows).flip(dims=[2])
    )
