"""Compute every layer of the speech model for a few chunks, as the embedding does."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--audio", type=Path, required=True, help="folder of merge_audio")
    parser.add_argument("--chunks", type=Path, required=True, help="the study's chunks")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="layers, .npz")
    arguments = parser.parse_args()

    import numpy as np

    from plumbing.files import read_npy, read_table, replacing
    from speech_decoding.speech.checkpoints import read_checkpoint
    from speech_decoding.speech.layers import compute_layers

    chunks = read_table(arguments.chunks)
    stories = sorted(chunks["story"].unique())
    layers = compute_layers(
        read_checkpoint(**arguments.settings),
        {story: read_npy(arguments.audio / f"{story}.npy") for story in stories},
        {story: read_table(arguments.audio / f"{story}.parquet") for story in stories},
        chunks,
    )
    with replacing(arguments.output, sealed=False) as temporary:  # read by fairseq, then removed
        np.savez(temporary, **layers)


if __name__ == "__main__":
    run(main)
