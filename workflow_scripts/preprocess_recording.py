"""Read one raw recording; write its resampled signal, sensors, events and quality."""

import argparse
from pathlib import Path

from plumbing.command import add_job_argument, run, settings_argument
from plumbing.files import read_json, write_json, write_npy, write_table
from speech_decoding.recordings.preprocessing import preprocess
from speech_decoding.studies.arguments import add_recording_arguments, open_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_job_argument(parser)
    add_recording_arguments(parser)
    parser.add_argument("--verdict", type=Path, required=True, help="of check_recording")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the results go")
    arguments = parser.parse_args()
    study, recording = open_recording(arguments)
    verdict = read_json(arguments.verdict)
    result = preprocess(
        study,
        recording,
        usable=verdict["verdict"] != "excluded",
        bad_channels=verdict["bad_channels"],
        **arguments.settings,
    )
    write_npy(arguments.folder / "signal.npy", result.signal)
    write_table(arguments.folder / "sensors.parquet", result.sensors)
    write_table(arguments.folder / "events.parquet", result.events)
    write_json(
        arguments.folder / "quality.json", result.quality.summary() if result.quality else None
    )

    from speech_decoding.recordings.quality_picture import draw_quality

    draw_quality(arguments.folder / "quality.png", result.quality)


if __name__ == "__main__":
    run(main)
