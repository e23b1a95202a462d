"""Evaluating one trained decoder on the test segments."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from plumbing.results import Results
from plumbing.values import Count, Distinct, Items, Range
from speech_decoding.evaluation.attention import sensor_attention
from speech_decoding.evaluation.candidates import apart, segment_id, unique_segments
from speech_decoding.evaluation.grouping import spelling, story_pools
from speech_decoding.evaluation.levels import AmongAll, AmongPool, AmongSubset, Named
from speech_decoding.evaluation.metrics import column, measure
from speech_decoding.evaluation.ranks import APART, SEGMENTS, SENTENCES, WITHIN_STORY, WORDS
from speech_decoding.evaluation.retrieval import Retrieval, estimate, retrieve, rows_with_word
from speech_decoding.evaluation.trained import TrainedDecoder, open_trained
from speech_decoding.segments.heard_audio import place_in_story

if TYPE_CHECKING:
    import pandas as pd


def evaluate_decoder(
    results: Results,
    sessions: Mapping[str, str],
    wavs: "pd.DataFrame",
    threads: int | None,
    device: str,
    *,
    top_k: Distinct[Annotated[int, Range(least=1, most=10)]],
    candidate_counts: Annotated[list[Count], Items(distinct=True)],
) -> tuple[dict[str, Any], "pd.DataFrame", "pd.DataFrame"]:
    """Retrieve every test segment and sum up the ranks.

    Parameters: results, of the study, its embedding and the run; sessions, of each recording;
    wavs (wav, begin_s), where each audio file begins in its story; threads, processor cores, None
    for all; device, "auto", "cpu" or "cuda"; top_k, at most 10 each; candidate_counts, sizes of
    smaller sets of candidates.
    Returns: the metrics; a row per test segment with its ranks and its ten best candidates; the
    attention to each sensor (`attention.sensor_attention`).
    """
    trained = open_trained(results, device=device, threads=threads)
    table, candidates = retrieve_test_segments(trained, wavs)
    table.insert(2, "session", table["recording"].map(sessions))
    metrics = measure(table, candidates, top_k=top_k, candidate_counts=candidate_counts)
    metrics["n_training_segments"] = len(trained.store.rows("train"))
    attention = sensor_attention(trained.merger, trained.store.describe_layouts())
    return metrics, table, attention


def retrieve_test_segments(
    trained: TrainedDecoder, wavs: "pd.DataFrame"
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Retrieve the test segments at every level.

    Returns: a row per test segment, and the candidates in order: segments with `place_s`, where
    their onsets lie in the audio of their story, and `apart`, whether each is one of those of which
    no two windows overlap.
    """
    store, segments = trained.store, trained.store.segments
    rows = rows_with_word(segments)
    first, target = unique_segments(segments, rows)
    candidates = segments.iloc[first].reset_index(drop=True)
    place_s = place_in_story(candidates, trained.wav_onsets, wavs)
    length_s = store.window.sample_count / store.window.rate_hz
    members = apart(place_s, candidates["story"].to_numpy(), length_s)
    candidates["place_s"] = place_s
    candidates["apart"] = np.isin(np.arange(len(candidates)), members)
    levels = {
        SEGMENTS: AmongAll(),
        WORDS: Named(candidates["word"].map(spelling), store.device),
        SENTENCES: Named(candidates["sequence_text"], store.device),
        APART: AmongSubset(members, len(candidates), store.device),
        WITHIN_STORY: AmongPool(
            *story_pools(target, segments["story"].to_numpy()[rows]), store.device
        ),
    }
    retrieval = retrieve(
        estimate(trained.model, store, rows), trained.candidates(first), target, levels
    )
    return tabulate(retrieval, segments.iloc[rows], candidates, target), candidates


def tabulate(
    retrieval: Retrieval, heard: "pd.DataFrame", candidates: "pd.DataFrame", target: np.ndarray
) -> "pd.DataFrame":
    """Give a row per test segment: what was heard, its ranks, and the best candidates' words.

    Parameters: heard, the test segments; candidates, in order; target, positions of the right ones.
    """
    columns = ["recording", "subject", "story", "block", "onset_s"]
    table = heard[[*columns, "word", "word_index", "sequence_text"]].reset_index(drop=True)
    ids = [
        segment_id(index, text)
        for index, text in zip(candidates["word_index"], candidates["sequence_text"], strict=True)
    ]
    table = table.assign(
        segment=np.array(ids)[target],
        target=target,
        place_s=candidates["place_s"].to_numpy()[target],
        probability=retrieval.probability,
    )
    for level, ranks in retrieval.ranks.items():
        table[column(level, "rank")], table[column(level, "tied")] = ranks.rank, ranks.tied
    words = candidates["word"].to_numpy()
    return table.assign(
        best=list(retrieval.best), best_words=[list(words[row]) for row in retrieval.best]
    )
