"""Measure, per recording, how far the recorded sound is from where the events place it."""

from plumbing.command import (
    add_settings_argument,
    add_study_argument,
    open_results,
    run,
    step_parser,
)
from plumbing.results import ALIGNMENT, AUDIO, WAV_ONSETS, WAVS
from speech_decoding.recordings.alignment import measure_alignment
from speech_decoding.studies import open_study


def main() -> None:
    parser = step_parser(__doc__)
    add_study_argument(parser)
    add_settings_argument(parser)
    arguments = parser.parse_args()

    import pandas as pd

    results, study = open_results(arguments), open_study(**arguments.study)
    wav_onsets = results.read(WAV_ONSETS)
    rows = []
    for recording in study.recordings():
        own = wav_onsets[wav_onsets["recording"] == recording.id]
        if own.empty:  # excluded by its checks
            continue
        found = measure_alignment(
            study,
            recording,
            own,
            results.read(AUDIO, story=recording.story),
            results.read(WAVS, story=recording.story),
            **arguments.settings,
        )
        print(f"{recording.id}: lag {found['lag_ms']} ms", flush=True)
        rows.append({"recording": recording.id, "subject": recording.subject} | found)
    columns = {"lag_ms": "float64", "correlation": "float64", "warning": "string"}
    results.write(ALIGNMENT, pd.DataFrame(rows).astype(columns))


if __name__ == "__main__":
    run(main)
