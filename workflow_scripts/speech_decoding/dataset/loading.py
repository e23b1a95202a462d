"""Reading what the earlier stages wrote into a store of segments."""

from pathlib import Path

import numpy as np

from plumbing.errors import InputError
from plumbing.files import read_json, read_npy, read_table
from speech_decoding.dataset.store import Embedding, StudyTables


def load_tables(splits_folder: Path, segments_folder: Path) -> StudyTables:
    """Read the tables that split_blocks and cut_segments wrote."""
    return StudyTables(
        segments=read_table(segments_folder / "segments.parquet"),
        words=read_table(splits_folder / "words.parquet"),
        wav_onsets=read_table(splits_folder / "wav_onsets.parquet"),
        scalers=read_table(segments_folder / "scalers.parquet"),
    )


def load_signals(folder: Path, recordings: list[str]) -> dict[str, np.ndarray]:
    """Map the recordings' signals [samples, sensors] from `folder` into memory."""
    return {name: read_npy(folder / name / "signal.npy") for name in recordings}


def load_embedding(folder: Path, stories: list[str]) -> Embedding:
    """Read a study's embedding from `folder` and put its stories one after the other.

    Raises: InputError if a file is missing, damaged or holds a number that is not finite.
    """
    import pandas as pd

    frames, chunks, first_frame = [], [], 0
    for story in stories:
        frames.append(_finite(folder / f"{story}.npy"))
        table = read_table(folder / f"{story}.parquet")
        chunks.append(table.assign(first_frame=table["first_frame"] + first_frame))
        first_frame += len(frames[-1])
    silence = read_json(folder / f"{stories[0]}.json")["silence"]
    return Embedding(np.concatenate(frames), pd.concat(chunks, ignore_index=True), silence)


def _finite(path: Path) -> np.ndarray:
    values = read_npy(path)
    if not np.isfinite(values).all():
        raise InputError(
            path,
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
