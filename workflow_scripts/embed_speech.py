"""Embed a story's speech, chunk by chunk, at the speech model's own frame rate."""

import argparse
import json
from pathlib import Path

from plumbing.command import add_job_argument, add_stamps_argument, run, settings_argument


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_stamps_argument(parser)
    parser.add_argument("wavs", nargs="+", type=Path, help="the story's audio files")
    parser.add_argument("--chunks", type=Path, required=True, help="the study's chunks")
    parser.add_argument("--story", required=True)
    parser.add_argument("--threads", type=int, default=None, help="processor cores")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the embedding goes")
    arguments = parser.parse_args()

    import torch

    from plumbing.files import read_table, write_json, write_table
    from plumbing.fingerprint import code_fingerprint
    from plumbing.seals import note_raw_files
    from speech_decoding.speech.embedding import embed_story
    from speech_decoding.speech.finished import FinishedChunks
    from speech_decoding.speech.targets import load_target, module_of

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    settings = dict(arguments.settings)
    kind = settings.pop("target")
    target = load_target(kind, **settings)
    made_with = {
        "settings": settings,
        "target": target.facts(),
        "code": code_fingerprint(Path(__file__).stem, module_of(kind)),
        "torch": torch.__version__,
    }
    finished = FinishedChunks(
        arguments.folder / f"{arguments.story}.unfinished", json.dumps(made_with, sort_keys=True)
    )
    note_raw_files(arguments.wavs, arguments.raw_stamps)
    chunks = read_table(arguments.chunks)
    chunks = embed_story(
        target,
        {path.name: path for path in arguments.wavs},
        chunks[chunks["story"] == arguments.story],
        finished=finished,
        output=arguments.folder / f"{arguments.story}.npy",
    )
    facts = {
        "target": kind,
        "features": target.features,
        "frame_hz": round(1 / target.frame_step_s, 6),
        "silence": target.silence,
    }
    write_table(arguments.folder / f"{arguments.story}.parquet", chunks)
    write_json(arguments.folder / f"{arguments.story}.json", facts | target.facts())
    finished.forget()


if __name__ == "__main__":
    run(main)
