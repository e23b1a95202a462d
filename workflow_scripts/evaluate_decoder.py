"""Retrieve every test segment with a trained decoder; write ranks, metrics and attention."""

from plumbing.command import (
    add_settings_argument,
    add_threads_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import ATTENTION, CHECKS, METRICS, RETRIEVAL


def main() -> None:
    parser = step_parser(__doc__, "embedding", "experiment", "seed")
    add_threads_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()

    from speech_decoding.evaluation.evaluate import evaluate_decoder
    from speech_decoding.segments.heard_audio import read_wavs

    results = open_results(arguments)
    used = results.read(CHECKS).query("verdict != 'excluded'")
    audio_rate_hz = arguments.settings.pop("audio_rate_hz")
    metrics, retrieval, attention = evaluate_decoder(
        results,
        sessions=dict(zip(used["recording"], used["session"], strict=True)),
        wavs=read_wavs(results, used["story"].unique(), audio_rate_hz),
        threads=arguments.threads,
        **arguments.settings,
    )
    results.write(RETRIEVAL, retrieval)
    results.write(ATTENTION, attention)
    results.write(METRICS, metrics)


if __name__ == "__main__":
    run(main)
