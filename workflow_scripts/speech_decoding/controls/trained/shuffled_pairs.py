"""Experiment `shuffled_pairs`: a decoder trained on wrong pairs of brain and speech."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 80
TITLE = "Training on wrong pairs of brain and speech"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "the speech is found without a link to the brain"
