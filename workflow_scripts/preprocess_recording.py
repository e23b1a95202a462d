"""Read one raw recording; write its resampled signal, sensors, events and quality."""

from plumbing.command import (
    add_settings_argument,
    add_study_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import CHECK, EVENTS, QUALITY, QUALITY_PICTURE, SENSORS, SIGNAL
from speech_decoding.recordings.preprocessing import preprocess
from speech_decoding.studies import find_recording, open_study


def main() -> None:
    parser = step_parser(__doc__, "recording")
    add_study_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results, study = open_results(arguments), open_study(**arguments.study)
    verdict = results.read(CHECK)
    result = preprocess(
        study,
        find_recording(study, arguments.recording),
        usable=verdict["verdict"] != "excluded",
        bad_channels=verdict["bad_channels"],
        **arguments.settings,
    )
    results.write(SIGNAL, result.signal)
    results.write(SENSORS, result.sensors)
    results.write(EVENTS, result.events)
    results.write(QUALITY, result.quality.summary() if result.quality else None)

    from speech_decoding.recordings.quality_picture import draw_quality

    results.write(QUALITY_PICTURE, draw_quality(result.quality))


if __name__ == "__main__":
    run(main)
