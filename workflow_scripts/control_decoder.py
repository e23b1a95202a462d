"""Measure the controls that need no further training, on a trained decoder."""

from plumbing.command import (
    add_settings_argument,
    add_threads_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import AUDIO, CONTROLS, RETRIEVAL


def main() -> None:
    parser = step_parser(__doc__, "embedding", "experiment", "seed")
    add_threads_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.controls.measuring import further_segments, measure_controls
    from speech_decoding.evaluation.trained import open_trained
    from speech_decoding.segments.heard_audio import read_wavs
    from speech_decoding.segments.windows import Window

    results, settings = open_results(arguments), arguments.settings
    trained = open_trained(
        results,
        device=settings["device"],
        threads=arguments.threads,
        further=further_segments(Window(**settings["window"])),
    )
    stories = trained.store.segments["story"].unique()
    controls = measure_controls(
        trained,
        results.read(RETRIEVAL),
        read_wavs(results, stories, settings["audio_rate_hz"]),
        {story: results.read(AUDIO, story=story) for story in stories},
        audio_rate_hz=settings["audio_rate_hz"],
        top_k=settings["top_k"],
    )
    results.write(CONTROLS, controls)


if __name__ == "__main__":
    run(main)
