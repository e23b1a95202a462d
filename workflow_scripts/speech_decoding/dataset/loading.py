"""Reading what the earlier stages wrote into a store of segments."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from plumbing.errors import InputError
from plumbing.results import (
    EMBEDDING,
    FRAME_TIMES,
    FRAMES,
    SCALERS,
    SEGMENTS,
    SIGNAL,
    WAV_ONSETS,
    WORDS,
    Results,
)
from speech_decoding.dataset.store import Embedding, StudyTables


def load_tables(results: Results) -> StudyTables:
    """Read the tables that split_blocks and cut_segments wrote."""
    return StudyTables(
        segments=results.read(SEGMENTS),
        words=results.read(WORDS),
        wav_onsets=results.read(WAV_ONSETS),
        scalers=results.read(SCALERS),
    )


def load_signals(results: Results, recordings: Sequence[str]) -> dict[str, np.ndarray]:
    """Map the recordings' signals [samples, sensors] into memory."""
    return {name: results.read(SIGNAL, recording=name) for name in recordings}


def load_embedding(results: Results, stories: Sequence[str]) -> Embedding:
    """Read the embedding of `results` and put its stories one after the other.

    Raises: InputError if a file is missing, damaged or holds a number that is not finite.
    """
    import pandas as pd

    frames, chunks, first_frame = [], [], 0
    for story in stories:
        frames.append(_finite_frames(results, story))
        table = results.read(FRAME_TIMES, story=story)
        chunks.append(table.assign(first_frame=table["first_frame"] + first_frame))
        first_frame += len(frames[-1])
    silence = results.read(EMBEDDING, story=stories[0])["silence"]
    return Embedding(np.concatenate(frames), pd.concat(chunks, ignore_index=True), silence)


def identify_data(
    results: Results, recordings: Sequence[str], stories: Sequence[str]
) -> dict[str, Any]:
    """Tell the data of a training apart from others by their content, the same on every machine.

    Returns: the SHA-256 of each file of the study by its name, of the signals by their recordings.
    """
    kept = [(name, {}) for name in (WORDS, WAV_ONSETS, SEGMENTS, SCALERS)]
    kept += [(name, {"story": story}) for story in stories for name in (FRAMES, FRAME_TIMES)]
    return {
        "sha256": {
            results.path(name, **which).name: results.hash_of(name, **which) for name, which in kept
        },
        "signals": {name: results.hash_of(SIGNAL, recording=name) for name in recordings},
    }


def _finite_frames(results: Results, story: str) -> np.ndarray:
    values = results.read(FRAMES, story=story)
    if not np.isfinite(values).all():
        raise InputError(
            results.path(FRAMES, story=story),
            expected="an embedding of finite numbers",
            found=f"{np.count_nonzero(~np.isfinite(values))} that are not",
            consequence="nothing can be learnt from it",
            next_step="delete the file and give the same command again",
        )
    return values


def noise_signals(signals: dict[str, np.ndarray], *, seed: int) -> dict[str, np.ndarray]:
    """Give Gaussian noise of the signals' shapes (a control: nothing can be decoded from it)."""
    generators = np.random.default_rng(seed).spawn(len(signals))
    return {
        name: generator.standard_normal(signals[name].shape, dtype=np.float32)
        for name, generator in zip(sorted(signals), generators, strict=True)
    }
