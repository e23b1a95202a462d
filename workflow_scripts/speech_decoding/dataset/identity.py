"""What a training is made from, in a few hashes: equal data give equal ones on every machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from plumbing.seals import content_hash


def identify_data(
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    recordings: Iterable[str],
    stories: Iterable[str],
) -> dict[str, Any]:
    """Tell all data of a training apart from others by their content.

    Returns: the SHA-256 of each file of the study by its name, of the signals by their recordings.
    """
    files = [
        splits_folder / "words.parquet",
        splits_folder / "wav_onsets.parquet",
        segments_folder / "segments.parquet",
        segments_folder / "scalers.parquet",
        *(embedding_folder / f"{story}.{kind}" for story in stories for kind in ("npy", "parquet")),
    ]
    return {
        "sha256": {path.name: content_hash(path) for path in files},
        "signals": {
            name: content_hash(recordings_folder / name / "signal.npy") for name in recordings
        },
    }
