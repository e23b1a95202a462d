"""Experiment `shuffled_pairs`: a decoder trained on shuffled pairs of brain and speech."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 80
TITLE = "Training on shuffled pairs of brain and speech"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "speech can be retrieved without any relation to the brain signals"
