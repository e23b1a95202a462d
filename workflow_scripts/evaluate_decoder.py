"""Retrieve every test segment with a trained decoder; write ranks, metrics and attention."""

import argparse
from pathlib import Path

from plumbing.command import (
    add_data_arguments,
    add_job_argument,
    data_folders,
    run,
    settings_argument,
)
from plumbing.files import read_table, write_json, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    parser.add_argument("--checks", type=Path, required=True, help="table of recordings")
    add_data_arguments(parser)
    parser.add_argument("--audio", type=Path, required=True, help="folder of merged audio")
    parser.add_argument("--decoder", type=Path, required=True, help="folder of the decoder")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the results go")
    arguments = parser.parse_args()

    from speech_decoding.evaluation.evaluate import evaluate_decoder
    from speech_decoding.segments.heard_audio import read_wavs

    checks = read_table(arguments.checks).query("verdict != 'excluded'")
    audio_rate_hz = arguments.settings.pop("audio_rate_hz")
    metrics, retrieval, attention = evaluate_decoder(
        **data_folders(arguments),
        decoder_folder=arguments.decoder,
        sessions=dict(zip(checks["recording"], checks["session"], strict=True)),
        wavs=read_wavs(arguments.audio, checks["story"].unique(), audio_rate_hz),
        threads=arguments.threads,
        **arguments.settings,
    )
    write_table(arguments.folder / "retrieval.parquet", retrieval)
    write_table(arguments.folder / "attention.parquet", attention)
    write_json(arguments.folder / "metrics.json", metrics)


if __name__ == "__main__":
    run(main)
