"""Each control finds the fault that it is made for, and only that one."""

import numpy as np
import pandas as pd
import pytest
import torch

from speech_decoding.evaluation.control_runs import run_controls
from speech_decoding.evaluation.controls import (
    MATCHED,
    compare_tables,
    headline_k,
    judge,
    judge_failure,
    judge_splits,
)
from speech_decoding.evaluation.timing import TimingReader, word_timing
from speech_decoding.segments.leaks import find_leaks
from tests.evaluation.conftest import AUDIO_HZ, STORY_S, WINDOW

TOP_K = [1, 5, 10]


def verdicts(world, *, signals=None, tables=None, trained=None, controls=None):
    """Judge a world: {name of control: passed}."""
    opened = trained or world.open(tables, signals)
    table, metrics = world.retrieve(opened)
    wavs = world.wavs.assign(duration_s=STORY_S)
    judged = judge(
        proof=find_leaks((tables or world.tables).segments, opened.wav_onsets, wavs, WINDOW),
        metrics=metrics,
        retrieval=table,
        controls=run_controls(
            opened, table, world.wavs, world.audio, audio_rate_hz=AUDIO_HZ, top_k=TOP_K
        ),
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


def test_a_decoder_that_hears_the_brain_passes(sound):
    assert len(sound) == 11
    assert all(sound.values()), sound


def test_a_leaking_split_fails(world):
    assert verdicts(world, tables=world.leaking())["splits"] is False


def test_a_shuffled_alignment_fails(world, sound):
    failed = {
        name
        for name, passed in verdicts(world, signals=world.misaligned()).items()
        if passed is False
    }
    assert {"permuted_pairs", "shifted"} <= failed and "splits" not in failed


def test_noise_input_fails(world):
    failed = {
        name for name, passed in verdicts(world, signals=world.noise()).items() if passed is False
    }
    assert {"permuted_pairs", "noise"} <= failed and "splits" not in failed


def test_noise_that_decodes_fails(retrieved):
    table, metrics = retrieved
    numbers = compare_tables(table, table, count=metrics["n_candidates"], k=5)
    assert numbers["accuracy"] == numbers["decoder"] > numbers["chance"]
    assert numbers["p_value"] < 0.001 and numbers["lead"] == (0, 0)
    for name in ("noise", "noise_input", "random", "shuffled_pairs", "shifted", "silence"):
        assert judge_failure(name, numbers).passed is False


def test_what_was_not_run_is_neither_green_nor_red():
    verdict = judge_failure("random", None)
    assert verdict.passed is None and verdict.found == "not run"


def test_splits_are_judged_by_their_proof():
    proof = {"clean": False, "longest_overlap_s": 0.5, "overlaps": [{}], "seconds": {}}
    assert judge_splits(proof).passed is False
    assert "500.0 ms" in judge_splits(proof).found


def test_speech_is_known_by_more_than_its_timing(world, trained, retrieved):
    controls = run_controls(
        trained, retrieved[0], world.wavs, world.audio, audio_rate_hz=AUDIO_HZ, top_k=TOP_K
    )
    assert controls["matched"]["n_candidates"] <= MATCHED
    delays = {row["shift_s"]: row["accuracy"] for row in controls["delays"]}
    assert max(delays, key=delays.get) == 0
    assert delays[0.0] > 2 * max(delays[0.2], delays[-0.2])
    again = run_controls(
        trained, retrieved[0], world.wavs, world.audio, audio_rate_hz=AUDIO_HZ, top_k=TOP_K
    )
    assert again == controls


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
