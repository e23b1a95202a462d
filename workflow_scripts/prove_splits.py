"""Prove from the segments of all listeners that no stretch of audio is in two splits."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import PROOF, SEGMENTS, WAV_ONSETS, WAVS
from speech_decoding.segments.leaks import find_leaks
from speech_decoding.segments.windows import Window


def main() -> None:
    import pandas as pd

    parser = step_parser(__doc__)
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results = open_results(arguments)
    segments = results.read(SEGMENTS)
    wavs = [results.read(WAVS, story=story) for story in segments["story"].unique()]
    proof = find_leaks(
        segments,
        results.read(WAV_ONSETS),
        pd.concat(wavs, ignore_index=True),
        Window(**arguments.settings),
    )
    results.write(PROOF, proof)


if __name__ == "__main__":
    run(main)
