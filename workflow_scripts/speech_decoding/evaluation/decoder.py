"""Evaluating one trained decoder on the test segments."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from speech_decoding.decoder.experiment import choose_device, data_settings, open_store
from speech_decoding.decoder.saved import load_decoder
from speech_decoding.evaluation.metrics import permutation_p_value, summarise
from speech_decoding.evaluation.retrieval import Retrieval, retrieve
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


def evaluate_decoder(
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    decoder_folder: Path,
    threads: int | None,
    top_k: list[int],
    device: str,
) -> tuple[dict[str, Any], "pd.DataFrame"]:
    """Retrieve every test segment and sum up the ranks.

    Parameters: the folders of the earlier stages and of the decoder; threads, processor cores, None
    for all; top_k, at most 10 each; device, "auto", "cpu" or "cuda".
    Returns: the metrics, overall and per subject, and a row per test segment with its rank and its
    ten best candidates.
    """
    if threads:
        torch.set_num_threads(threads)
    chosen = choose_device(device)
    model, description = load_decoder(decoder_folder, chosen)
    store = open_store(
        splits_folder=splits_folder,
        segments_folder=segments_folder,
        recordings_folder=recordings_folder,
        embedding_folder=embedding_folder,
        window=Window(**description["window"]),
        seed=description["seed"],
        device=chosen,
        embedding_scale=tuple(description["embedding_scale"]),
        **data_settings(description["training"]),
    )
    retrieval = retrieve(model, store)
    table = tabulate(retrieval, store.segments)
    count = len(retrieval.candidates)
    subjects = {
        subject: summarise(rows["rank"].to_numpy(), count, top_k=top_k)
        for subject, rows in table.groupby("subject")
    }
    metrics = {
        "n_candidates": count,
        "n_test_segments": len(table),
        "n_test_words": int(table["word"].nunique()),
        "n_training_segments": len(store.rows("train")),
        "p_value": permutation_p_value(retrieval.best, retrieval.target, count),
        "subjects": subjects,
    }
    return metrics | summarise(retrieval.rank, count, top_k=top_k), table


def tabulate(retrieval: Retrieval, segments: "pd.DataFrame") -> "pd.DataFrame":
    """Give a row per test segment: what was heard, its rank, and the best candidates' words."""
    columns = ["recording", "subject", "story", "onset_s", "word", "word_index", "sequence_text"]
    table = segments.iloc[retrieval.rows][columns].reset_index(drop=True)
    candidates = segments.iloc[retrieval.candidates]
    words = candidates["word"].to_numpy()
    return table.assign(
        target=retrieval.target,
        rank=retrieval.rank,
        probability=retrieval.probability,
        best=list(np.asarray(retrieval.best)),
        best_words=[list(words[row]) for row in retrieval.best],
    )
