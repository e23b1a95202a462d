"""Each control finds the fault that it is made for, and only that one."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from plumbing.found_by_name import modules_of
from speech_decoding.controls.at_test.matched import CANDIDATES
from speech_decoding.controls.at_test.shifted import SHIFT_S
from speech_decoding.controls.at_test.silence import pair_with_silence
from speech_decoding.controls.at_test.timing import TimingReader, word_timing
from speech_decoding.controls.comparison import compare_tables, headline_k
from speech_decoding.controls.criteria import judge_at_chance
from speech_decoding.controls.evidence import Evidence
from speech_decoding.controls.from_results import alignment, listeners, permuted_pairs, splits
from speech_decoding.controls.judging import judge
from speech_decoding.controls.measuring import measure_controls
from speech_decoding.dataset.store import Embedding
from speech_decoding.evaluation.grouping import story_sizes
from speech_decoding.segments.leaks import find_leaks
from tests.listeners import AUDIO_HZ, DELAY_S, RATE_HZ, STORY_S, WINDOW

TOP_K = [1, 5, 10]


def measured(world, lag_ms=3.0):
    """The lags of all recordings as the sound in them tells; NaN where there is none."""
    table = world.recordings[["recording", "subject"]]
    correlation = np.where(np.isnan(lag_ms), np.nan, 0.9)
    return table.assign(lag_ms=lag_ms, correlation=correlation, warning="")


def evidence(**results):
    """Some of the results that controls are judged from."""
    absent = dict.fromkeys(["proof", "alignment", "metrics", "retrieval"])
    return Evidence(**(absent | results), top_k=TOP_K)


def measure(world, opened, table):
    """Measure the controls that need no further training."""
    return measure_controls(
        opened, table, world.wavs, world.audio, audio_rate_hz=AUDIO_HZ, top_k=TOP_K
    )


def verdicts(world, *, signals=None, tables=None, trained=None, controls=None, alignment=None):
    """Judge a world: {name of control: passed}."""
    opened = trained or world.open(tables, signals)
    table, metrics = world.retrieve(opened)
    wavs = world.wavs.assign(duration_s=STORY_S)
    judged = judge(
        proof=find_leaks((tables or world.tables).segments, opened.wav_onsets, wavs, WINDOW),
        alignment=measured(world) if alignment is None else alignment,
        metrics=metrics,
        retrieval=table,
        controls=measure(world, opened, table),
        trained=controls or {},
        top_k=TOP_K,
    )
    order = [verdict.passed for verdict in judged]
    assert order == sorted(order, key=[False, None, True].index)  # failures first
    return {verdict.name: verdict.passed for verdict in judged}


@pytest.fixture(scope="module")
def sound(world, trained):
    noise = world.retrieve(world.open(signals=world.noise()))[0]
    names = ("random", "noise_input", "shuffled_pairs")
    return verdicts(world, trained=trained, controls={name: noise for name in names})


def test_a_control_that_was_not_trained_is_neither_green_nor_red(world, trained):
    judged = verdicts(world, trained=trained)
    assert [name for name, passed in judged.items() if passed is None] == list(
        modules_of("speech_decoding.controls.trained")
    )


def test_a_decoder_that_hears_the_brain_passes(sound):
    assert len(sound) == 13
    assert all(sound.values()), sound


def test_a_leaking_split_fails(world):
    assert verdicts(world, tables=world.leaking())["splits"] is False


def test_a_shuffled_alignment_fails(world, sound):
    failed = {
        name
        for name, passed in verdicts(world, signals=world.misaligned()).items()
        if passed is False
    }
    assert {"permuted_pairs", "noise", "silence"} <= failed and "splits" not in failed


def test_noise_input_fails(world):
    failed = {
        name for name, passed in verdicts(world, signals=world.noise()).items() if passed is False
    }
    assert {"permuted_pairs", "noise"} <= failed and "splits" not in failed


def test_noise_that_decodes_fails(retrieved):
    table, _ = retrieved
    numbers = compare_tables(table, table, top_k=TOP_K)
    assert numbers["accuracy"] == numbers["decoder"] > numbers["chance"]
    assert numbers["p_value"] < 0.001 and numbers["lead"] == (0, 0)
    assert judge_at_chance(numbers).passed is False


def test_splits_are_judged_by_their_proof():
    proof = {"clean": False, "longest_overlap_s": 0.5, "overlaps": [{}], "seconds": {}}
    outcome = splits.judge(evidence(proof=proof))
    assert outcome.passed is False and "500.0 ms" in outcome.found


def test_speech_is_known_by_more_than_its_timing(world, trained, retrieved):
    controls = measure(world, trained, retrieved[0])
    assert controls["matched"]["n_candidates"] <= CANDIDATES
    delays = {row["shift_s"]: row["accuracy"] for row in controls["delays"]}
    assert max(delays, key=delays.get) == 0
    assert delays[0.0] > 2 * max(delays[0.2], delays[-0.2])
    assert measure(world, trained, retrieved[0]) == controls


def test_headline_k_is_small_against_the_candidates():
    assert headline_k(1000, TOP_K) == 10
    assert headline_k(49, TOP_K) == 5
    assert headline_k(3, TOP_K) == 1


def test_timing_is_that_of_the_words():
    words = pd.DataFrame({"recording": "r", "start_s": [1.0, 2.0], "duration_s": [0.5, 0.25]})
    segments = pd.DataFrame({"recording": ["r"], "first_sample": [60]})  # from 0.5 s on
    timing = word_timing(segments, words, WINDOW, 343)[0]
    inside = timing[0] > 0
    assert np.flatnonzero(np.diff(inside.astype(int))).tolist() == [59, 119, 179, 209]
    assert set(np.argsort(timing[1])[-2:]) == {60, 180}
    assert timing.mean(axis=1) == pytest.approx([0, 0], abs=1e-6)


def test_timing_is_read_off_estimates_that_hold_it():
    generator = torch.Generator().manual_seed(0)
    timing = torch.randn(40, 2, 50, generator=generator)
    timing -= timing.mean(dim=2, keepdim=True)
    mixing = torch.randn(8, 2, generator=generator)
    noise = torch.randn(40, 8, 50, generator=generator)
    estimates = torch.einsum("fk,bkt->bft", mixing, timing) + 0.1 * noise + 3
    reader = TimingReader.fit(estimates.split(16), timing)
    read = reader.read(estimates)
    assert torch.corrcoef(torch.stack([read.flatten(), timing.flatten()]))[0, 1] > 0.98


MARKS = {"s": np.array([1, 1, 1, 0, 0, 0.0]), "t": np.array([0, 0, 0, 1, 1, 1.0])}


class KnowStory(nn.Module):
    """A decoder that adds the mark of the story to its estimate: that of the loudest sensors."""

    def __init__(self, hears):
        super().__init__()
        self._hears = hears

    def forward(self, brain, subject_index, layout_index):
        marks = torch.tensor(np.stack(list(MARKS.values())), dtype=brain.dtype)
        story = (brain.var(dim=2) @ marks.T).argmax(dim=1)
        return brain * self._hears + 3 * marks[story][:, :, None]


def give_story_away(world, signals):
    """Mark the stories: the speech by its level, recordings at all times by their loud sensors."""
    told = copy.deepcopy(world)
    random = np.random.default_rng(5)
    frames = [told.speech[story] + 3 * mark for story, mark in MARKS.items()]
    everything = np.concatenate(frames).astype(np.float32)
    told.embedding = Embedding(everything, told.embedding.chunks, silence=0.0)
    story = dict(zip(told.recordings["recording"], told.recordings["story"], strict=True))
    told.signals = {
        name: signal + 2 * MARKS[story[name]] * random.standard_normal(signal.shape)
        for name, signal in signals.items()
    }
    told.signals = {name: signal.astype(np.float32) for name, signal in told.signals.items()}
    return told


def test_a_decoder_that_knows_the_story_alone_hears_nothing_in_silence(world):
    told = give_story_away(world, world.noise())
    opened = told.open(model=KnowStory(0.1))
    table, metrics = told.retrieve(opened)
    assert metrics["top10"] > 1.5 * metrics["chance_top10"]
    within = metrics["within_story"]
    assert within["top5"] == pytest.approx(within["chance_top5"], abs=0.05)
    assert within["n_answers"] == metrics["n_candidates"] / 2
    controls = measure(told, opened, table)
    for name in ("silence", "shifted", "noise"):
        assert controls[name]["p_value"] > 0.01
        assert judge_at_chance(controls[name]).passed is False  # the decoder is not ahead


def test_a_story_given_away_leaves_the_controls_of_a_sound_decoder_green(world):
    told = give_story_away(world, world.signals)
    judged = verdicts(told, trained=told.open(model=KnowStory(1)))
    assert judged["silence"] is True and judged["shifted"] is True
    assert False not in judged.values(), judged


def test_a_leak_into_what_nobody_spoke_in_is_red(world):
    """The speech of segments lies in the silent stretches with which they are paired."""
    opened = world.open()
    segments = opened.store.segments
    silent = segments.index[segments["split"] == "silence"].to_numpy()
    test = segments.index[(segments["split"] == "test") & segments["word"].notna()].to_numpy()
    names = segments["recording"].to_numpy()
    pairs = silent[pair_with_silence(names[test], names[silent])]
    signals = {name: signal.copy() for name, signal in world.signals.items()}
    for heard, row in zip(test, pairs, strict=True):
        first = segments["first_sample"][row] + round(DELAY_S * RATE_HZ)
        speech = opened.store.speech(torch.tensor([heard]))[0].T.numpy()
        signals[names[row]][first : first + len(speech)] += speech
    judged = verdicts(world, signals=signals)
    assert judged["silence"] is False and judged["noise"] is True


def test_an_echo_after_the_shift_is_red(world):
    """The recording repeats what was heard, so that speech and brain still fit 10 s apart."""
    signals = {
        name: signal + np.roll(signal, round(SHIFT_S * RATE_HZ), axis=0)
        for name, signal in world.signals.items()
    }
    judged = verdicts(world, signals=signals)
    assert judged["shifted"] is False and judged["noise"] is True


def test_with_one_story_nothing_changes(retrieved):
    table, _ = retrieved
    one = table[table["story"] == "s"]
    names = {target: place for place, target in enumerate(one["target"].unique())}
    one = one.assign(target=one["target"].map(names))
    assert (story_sizes(one) == len(names)).all()
    assert one["within_story_rank"].max() <= len(names)


def test_a_lag_is_red_and_named(world):
    lag_ms = np.array([298.0, -51.0, 2.0, np.nan, 49.0, -4.0])
    verdict = alignment.judge(evidence(alignment=measured(world, lag_ms)))
    assert verdict.passed is False
    assert "5 of 6 recordings, largest lag 298 ms" in verdict.found
    assert "1_s (+298 ms), 1_t (-51 ms)" in verdict.found and "2_s" not in verdict.found
    small = measured(world, np.full(6, -49.0))
    assert alignment.judge(evidence(alignment=small)).passed is True
    unmeasured = alignment.judge(evidence(alignment=measured(world, np.full(6, np.nan))))
    assert unmeasured.passed is None and unmeasured.found.startswith("not run")


def test_a_channel_that_holds_something_else_measures_nothing(world):
    table = measured(world, np.full(6, 900.0)).assign(correlation=0.2)
    assert alignment.judge(evidence(alignment=table)).passed is None


def test_a_listener_with_another_file_is_named_unless_the_sound_tells(world):
    """Listener 2's recordings hold a response to something else, as after a swap of files."""
    signals = world.signals | {name: world.noise()[name] for name in ("2_s", "2_t")}
    table, _ = world.retrieve(world.open(signals=signals))
    without = measured(world, np.full(6, np.nan))
    verdict = listeners.judge(evidence(retrieval=table, alignment=without))
    assert verdict.passed is False and "at chance level: 2" in verdict.found
    located = evidence(retrieval=table, alignment=measured(world))
    assert listeners.judge(located).passed is True  # `alignment` judges them
    sound = world.retrieve(world.open())[0]
    assert listeners.judge(evidence(retrieval=sound, alignment=without)).passed is True
    few = sound[(sound["subject"] != "3") | (sound["sequence_text"] == sound["sequence_text"][0])]
    verdict = listeners.judge(evidence(retrieval=few, alignment=without))
    assert verdict.passed is None and "too few test sentences: 3" in verdict.found


def test_what_rests_on_too_few_sentences_is_neither_green_nor_red(retrieved):
    table, _ = retrieved
    few = table[table["sequence_text"].isin(table["sequence_text"].unique()[:4])]
    names = {target: place for place, target in enumerate(few["target"].unique())}
    few = few.assign(
        target=few["target"].map(names),
        best=[[names.get(place, 0) for place in best] for best in few["best"]],
    )
    numbers = compare_tables(few, few, top_k=TOP_K)
    assert numbers["interval"] is None and numbers["p_value"] is None
    verdict = judge_at_chance(numbers)
    assert verdict.passed is None and "4 sentences, fewer than five" in verdict.found
    metrics = {"n_candidates": 4}  # top-1
    assert permuted_pairs.judge(evidence(metrics=metrics, retrieval=few)).passed is None
