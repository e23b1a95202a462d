"""List a study's segments and fit each recording's scaler on its training segments."""

from plumbing.command import add_settings_argument, open_results, run, step_parser
from plumbing.results import BLOCKS, SCALERS, SEGMENTS, SENSORS, SIGNAL, WORDS
from speech_decoding.segments.cutting import cut_recording, join_recordings


def main() -> None:
    parser = step_parser(__doc__)
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results = open_results(arguments)
    blocks, words = results.read(BLOCKS), results.read(WORDS)
    parts = []
    for (name, subject, story), own_blocks in blocks.groupby(["recording", "subject", "story"]):
        segments, scaler = cut_recording(
            name,
            results.read(SIGNAL, recording=name),
            results.read(SENSORS, recording=name),
            words[words["recording"] == name],
            own_blocks,
            **arguments.settings,
        )
        parts.append((segments.assign(subject=subject, story=story), scaler))
        print(f"{name}: {len(segments)} segments", flush=True)
    segments, scalers = join_recordings(parts)
    results.write(SEGMENTS, segments)
    results.write(SCALERS, scalers)


if __name__ == "__main__":
    run(main)
