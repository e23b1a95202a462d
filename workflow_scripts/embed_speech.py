"""Embed a story's speech, chunk by chunk, at the speech model's own frame rate."""

import json
from pathlib import Path

from plumbing.command import (
    add_settings_argument,
    add_stamps_argument,
    add_threads_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import CHUNKS, EMBEDDING, FRAME_TIMES, FRAMES, UNFINISHED


def main() -> None:
    parser = step_parser(__doc__, "embedding", "story")
    parser.add_argument("wavs", nargs="+", type=Path, help="the story's audio files")
    add_stamps_argument(parser)
    add_threads_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()

    import torch

    from speech_decoding.speech.embedding import embed_story
    from speech_decoding.speech.finished import FinishedChunks
    from speech_decoding.speech.targets import load_target, module_of

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    settings = dict(arguments.settings)
    kind = settings.pop("target")
    results = open_results(arguments, module_of(kind))
    target = load_target(kind, **settings)
    made_with = {
        "settings": settings,
        "target": target.facts(),
        "code": results.job.code,
        "torch": torch.__version__,
    }
    finished = FinishedChunks(results.path(UNFINISHED), json.dumps(made_with, sort_keys=True))
    results.job.note_raw_files(arguments.wavs, arguments.raw_stamps)
    chunks = results.read(CHUNKS)
    chunks = embed_story(
        target,
        {path.name: path for path in arguments.wavs},
        chunks[chunks["story"] == arguments.story],
        finished=finished,
        output=results.replacing(FRAMES),
    )
    facts = {
        "target": kind,
        "features": target.features,
        "frame_hz": round(1 / target.frame_step_s, 6),
        "silence": target.silence,
    }
    results.write(FRAME_TIMES, chunks)
    results.write(EMBEDDING, facts | target.facts())
    finished.forget()


if __name__ == "__main__":
    run(main)
