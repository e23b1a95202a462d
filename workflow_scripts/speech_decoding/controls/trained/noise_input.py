"""Experiment `noise_input`: a decoder trained and tested on noise in place of the brain."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 60
TITLE = "Noise in place of the brain, at training and test"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "segments can be told apart by something that is not the brain"
