"""Measure the controls that need no further training, on a trained decoder."""

import argparse
from pathlib import Path

from plumbing.command import (
    add_data_arguments,
    add_job_argument,
    data_folders,
    run,
    settings_argument,
)
from plumbing.files import read_npy, read_table, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_data_arguments(parser)
    parser.add_argument("--audio", type=Path, required=True, help="folder of merged audio")
    parser.add_argument("--decoder", type=Path, required=True, help="folder of the decoder")
    parser.add_argument("--retrieval", type=Path, required=True, help="of evaluate_decoder")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--output", type=Path, required=True, help="JSON")
    arguments = parser.parse_args()

    from speech_decoding.controls.measuring import further_segments, measure_controls
    from speech_decoding.evaluation.trained import open_trained
    from speech_decoding.segments.heard_audio import read_wavs
    from speech_decoding.segments.windows import Window

    settings = arguments.settings
    trained = open_trained(
        arguments.decoder,
        **data_folders(arguments),
        device=settings["device"],
        threads=arguments.threads,
        further=further_segments(Window(**settings["window"])),
    )
    stories = trained.store.segments["story"].unique()
    controls = measure_controls(
        trained,
        read_table(arguments.retrieval),
        read_wavs(arguments.audio, stories, settings["audio_rate_hz"]),
        {story: read_npy(arguments.audio / f"{story}.npy") for story in stories},
        audio_rate_hz=settings["audio_rate_hz"],
        top_k=settings["top_k"],
    )
    write_json(arguments.output, controls)


if __name__ == "__main__":
    run(main)
