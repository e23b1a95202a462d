"""Embed a story's speech, chunk by chunk, at the speech model's own frame rate."""

import argparse
from pathlib import Path

from speech_decoding.command import run, settings_argument
from speech_decoding.files import read_npy, read_table, write_json, write_npy, write_table
from speech_decoding.speech.embedding import embed_story
from speech_decoding.speech.targets import load_target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, required=True, help="merged waveform, .npy")
    parser.add_argument("--wavs", type=Path, required=True, help="where each file begins")
    parser.add_argument("--chunks", type=Path, required=True, help="the study's chunks")
    parser.add_argument("--story", required=True)
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the embedding goes")
    arguments = parser.parse_args()
    settings = dict(arguments.settings)
    target = load_target(settings.pop("target"), **settings)
    chunks = read_table(arguments.chunks)
    frames, chunks = embed_story(
        target,
        read_npy(arguments.audio),
        read_table(arguments.wavs),
        chunks[chunks["story"] == arguments.story],
    )
    write_npy(arguments.folder / f"{arguments.story}.npy", frames)
    write_table(arguments.folder / f"{arguments.story}.parquet", chunks)
    write_json(arguments.folder / f"{arguments.story}.json", {"silence": target.silence})


if __name__ == "__main__":
    run(main)
