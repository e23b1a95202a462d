"""Experiment `random`: an untrained decoder, with its initial weights."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 70
TITLE = "Untrained decoder with random weights"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the retrieval favours the right segment even without training"
