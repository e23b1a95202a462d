"""What a training is made from, in a few hashes: equal data give equal ones on every machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from speech_decoding.files import read_npy
from speech_decoding.seals import hash_file


def identify_data(
    *,
    splits_folder: Path,
    segments_folder: Path,
    recordings_folder: Path,
    embedding_folder: Path,
    recordings: Iterable[str],
    stories: Iterable[str],
) -> dict[str, Any]:
    """Hash the tables and the embedding of the stories; list the shapes of the recordings.

    Signals are too large to be hashed for every training: the scalers, among the tables, follow
    from their content.

    Returns: the SHA-256 of each file by its name, and [samples, sensors] of each recording.
    """
    files = [
        splits_folder / "words.parquet",
        splits_folder / "wav_onsets.parquet",
        segments_folder / "segments.parquet",
        segments_folder / "scalers.parquet",
        *(embedding_folder / f"{story}.{kind}" for story in stories for kind in ("npy", "parquet")),
    ]
    return {
        "sha256": {path.name: hash_file(path) for path in files},
        "signals": {
            # Unsealed: whoever cut segments out of it has checked the seal, which reads all of it.
            name: list(read_npy(recordings_folder / name / "signal.npy", sealed=False).shape)
            for name in recordings
        },
    }
