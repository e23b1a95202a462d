"""Experiment `random`: a decoder with its initial weights, not trained."""

from speech_decoding.controls.criteria import AT_CHANCE, judge_at_chance

ORDER = 70
TITLE = "Decoder with random weights"
THRESHOLD, judge = AT_CHANCE, judge_at_chance
MEANING = "retrieval rewards a decoder that has learnt nothing"
