"""Assign a study's blocks to splits and cut its audio at their borders."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import BLOCKS, CHECKS, CHUNKS, EVENTS, SPLIT_LIST, WAV_ONSETS, WAVS, WORDS
from speech_decoding.segments.splits import list_splits, split_study


def main() -> None:
    parser = step_parser(__doc__)
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results = open_results(arguments)
    used = results.read(CHECKS).query("verdict != 'excluded'")
    tables = split_study(
        used,
        {name: results.read(EVENTS, recording=name) for name in used["recording"]},
        {story: results.read(WAVS, story=story) for story in used["story"].unique()},
        **arguments.settings,
    )
    results.write(BLOCKS, tables["blocks"])
    results.write(CHUNKS, tables["chunks"])
    results.write(WORDS, tables["words"])
    results.write(WAV_ONSETS, tables["wav_onsets"])
    results.write(SPLIT_LIST, list_splits(tables["blocks"], tables["chunks"]))


if __name__ == "__main__":
    run(main)
