"""The tables and JSON files of a simulated MEG-MASC tree, with the oddities of the real ones."""

from typing import Any

import numpy as np
import pandas as pd

from simulation import sensors

_NOISY_START_EVERY = 37  # every so many rows, `start` shows the float noise of the real files


def event_table(
    timing: pd.DataFrame, *, story: str, task: str, lead_s: float, rate_hz: float
) -> pd.DataFrame:
    """Describe what is heard in one recording, as events.tsv does (protocol 1.1).

    Parameters: timing, as given by `stimuli.read_timing`; lead_s, seconds of recording before the
    first wav file. Returns: columns onset, duration (s), trial_type, value, sample; times are whole
    milliseconds, sounds last 0 s and have ".0" in their names, stories are capitalised.
    """
    name = story.title()
    start_s, stop_s = (
        timing["start_s"].round(3),
        (timing["start_s"] + timing["duration_s"]).round(3),
    )
    onset_s = (lead_s + timing["wav_offset_s"] + start_s).round(3)
    shown_start_s = start_s.to_numpy(copy=True)
    shown_start_s[::_NOISY_START_EVERY] -= 1e-6
    shown_start_s = shown_start_s.clip(min=0).round(6)
    descriptions = [
        str(_describe(row, name, float(task), start))
        for row, start in zip(timing.to_dict("records"), shown_start_s, strict=True)
    ]
    numbers = {text: number for number, text in enumerate(sorted(set(descriptions)), start=1)}
    return pd.DataFrame(
        {
            "onset": onset_s,
            "duration": (stop_s - start_s).where(timing["kind"] != "sound", 0.0),
            "trial_type": descriptions,
            "value": [numbers[text] for text in descriptions],
            "sample": np.rint(onset_s * rate_hz).astype(int),
        }
    )


def _describe(row: dict[str, Any], name: str, story_uid: float, start: float) -> dict[str, Any]:
    part, kind = row["sound_id"], row["kind"]
    description = {
        "story": name,
        "story_uid": story_uid,
        "sound_id": float(part),
        "kind": kind,
        "start": float(start),
        "sound": f"stimuli/audio/{name}_{part}.wav",
    }
    if kind == "sound":
        return description | {"sound": f"stimuli/audio/{name}_{float(part)}.wav"}
    return description | {
        kind: row[kind],
        "sequence_id": float(row["sequence_id"]),
        "condition": row["condition"],
        "word_index": float(row["word_index"]),
        "speech_rate": float(row["speech_rate"]),
        "voice": row["voice"],
        "pronounced": 1.0,
    }


def channel_table(rate_hz: float) -> pd.DataFrame:
    """List the 256 channels, as channels.tsv does."""
    kinds = (
        [("MEG", "MEGGRADAXIAL", "T", "Axial Gradiometer")] * sensors.GRADIOMETERS
        + [("MEG", "MEGREFMAG", "T", "Magnetometer Reference")] * sensors.REFERENCES
        + [("MISC", "MISC", "V", "Miscellaneous")] * sensors.MISCELLANEOUS
    )
    table = pd.DataFrame(kinds, columns=["name", "type", "units", "description"])
    numbers = table.groupby("name").cumcount() + 1
    table["name"] += numbers.map(" {:03d}".format)
    table.insert(3, "low_cutoff", 0.03)
    table.insert(4, "high_cutoff", 200.0)
    return table.assign(sampling_frequency=float(rate_hz), status="good", status_description="n/a")


def recording_sidecar(*, task: str, duration_s: float, rate_hz: float) -> dict[str, Any]:
    """Describe a recording, as *_meg.json does."""
    return {
        "TaskName": task,
        "TaskDescription": "Simulated: listening to a synthetic story",
        "Manufacturer": "KIT",
        "ManufacturersModelName": "simulated 208-channel axial gradiometer",
        "PowerLineFrequency": "n/a",
        "SamplingFrequency": float(rate_hz),
        "SoftwareFilters": "n/a",
        "HardwareFilters": "n/a",
        "RecordingDuration": duration_s,
        "RecordingType": "continuous",
        "DewarPosition": "n/a",
        "DigitizedLandmarks": True,
        "DigitizedHeadPoints": True,
        "MEGChannelCount": sensors.GRADIOMETERS,
        "MEGREFChannelCount": sensors.REFERENCES,
        "MiscChannelCount": sensors.MISCELLANEOUS,
        "EEGChannelCount": 0,
        "EOGChannelCount": 0,
        "ECGChannelCount": 0,
        "EMGChannelCount": 0,
        "TriggerChannelCount": 0,
        "ContinuousHeadLocalization": False,
        "HeadCoilFrequency": [],
    }


def coordinate_sidecar() -> dict[str, Any]:
    """Describe the axes of the sensors and of the head, as *_coordsystem.json does."""
    return {
        "MEGCoordinateSystem": "KitYokogawa",
        "MEGCoordinateUnits": "m",
        "HeadCoilCoordinateSystem": "ElektaNeuromag",
        "HeadCoilCoordinateUnits": "mm",
        "DigitizedHeadPointsCoordinateSystem": "ElektaNeuromag",
        "DigitizedHeadPointsCoordinateUnits": "mm",
    }


def study_sidecar() -> dict[str, Any]:
    """Describe the data set, as dataset_description.json does."""
    return {
        "Name": "SIMULATED study in the format of MEG-MASC; no person was recorded",
        "BIDSVersion": "1.9.0",
        "DatasetType": "raw",
        "License": "CC0",
    }
