"""Experiment `noise_input`: a decoder trained and tested on noise instead of brain signals."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 60
TITLE = "Noise instead of brain signals in training and at test"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "segments can be identified from something other than brain signals"
