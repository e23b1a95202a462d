"""Join a story's audio files, mono, at one rate, with a table of where each begins.

Both are empty for a story that no used recording heard: its files may be missing or damaged.
"""

from pathlib import Path

from plumbing.command import (
    add_settings_argument,
    add_stamps_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import AUDIO, CHECKS, WAVS
from speech_decoding.speech.audio import merge_audio


def main() -> None:
    parser = step_parser(__doc__, "story")
    parser.add_argument("wavs", nargs="+", type=Path, help="audio files, in order")
    add_stamps_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()
    results = open_results(arguments)
    checks = results.read(CHECKS)
    heard = arguments.story in set(checks.loc[checks["verdict"] != "excluded", "story"])
    if not heard:
        print(f"{arguments.story}: no used recording heard it, and it is left out.", flush=True)
    wavs = arguments.wavs if heard else []
    results.job.note_raw_files(wavs, arguments.raw_stamps)
    waveform, table = merge_audio(wavs, **arguments.settings)
    results.write(AUDIO, waveform)
    results.write(WAVS, table)


if __name__ == "__main__":
    run(main)
