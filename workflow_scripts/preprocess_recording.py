"""Read one raw recording; write its resampled signal, its sensors and its events."""

import argparse
from pathlib import Path

from speech_decoding.command import add_study_arguments, open_recording, run, settings_argument
from speech_decoding.files import read_json, write_npy, write_table
from speech_decoding.recordings.preprocessing import preprocess


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_study_arguments(parser)
    parser.add_argument("--verdict", type=Path, required=True, help="of check_recording")
    parser.add_argument("--settings", type=settings_argument, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the results go")
    arguments = parser.parse_args()
    study, recording = open_recording(arguments)
    usable = read_json(arguments.verdict)["verdict"] != "excluded"
    signal, sensors, events = preprocess(study, recording, usable=usable, **arguments.settings)
    write_npy(arguments.folder / "signal.npy", signal)
    write_table(arguments.folder / "sensors.parquet", sensors)
    write_table(arguments.folder / "events.parquet", events)


if __name__ == "__main__":
    run(main)
