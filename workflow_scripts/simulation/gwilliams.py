"""A simulated MEG-MASC study: the BIDS tree of the real one, with KIT recordings.

File names, columns and oddities follow the real files (protocol 1.1). `sourcedata` holds the
truth: the exact time of every sound, word and phoneme of each story.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import soundfile
from scipy.signal import resample_poly

from plumbing.errors import InputError
from plumbing.files import replacing, write
from plumbing.values import NotNegative, Positive, Seed
from simulation import kit_file, sensors, sidecars, speech, stimuli
from simulation.brain import KINDS, speech_features
from simulation.recording import sensor_blocks
from simulation.seeding import generator

_LEAD_S, _TAIL_S = (10.0, 30.0), (5.0, 9.0)  # before the first and after the last wav file


class Simulation(TypedDict):
    """The block `simulation` of a study in config.yaml.

    duration_s: of each story's speech; snr: power of the brain's response to speech / power of all
    else.
    """

    seed: Seed
    duration_s: Positive
    snr: NotNegative


def simulate_stimuli(
    folder: Path,
    *,
    stories: Mapping[str, Mapping[str, Any]],
    subjects: Sequence[str],
    sessions: Sequence[str],
    seed: int,
) -> None:
    """Write what all recordings share: audio, texts, participants and the truth of each story.

    Parameters: folder, root of the study; stories, maps a story's lower-case name to its BIDS
    `task`, its number of wav files `parts`, and about how long it lasts, `duration_s`; subjects and
    sessions, BIDS labels.
    """
    folder = Path(folder)
    for name, story in stories.items():
        stimuli.write_stimuli(
            folder, name, parts=story["parts"], duration_s=story["duration_s"], seed=seed
        )
    write(folder / "dataset_description.json", sidecars.study_sidecar())
    tasks = sorted(int(story["task"]) for story in stories.values())
    participants = [
        _participant(subject, tasks, len(sessions), generator(seed, "participant", subject))
        for subject in subjects
    ]
    _write_tsv(folder / "participants.tsv", pd.DataFrame(participants))


def simulate_recording(
    folder: Path,
    *,
    subject: str,
    session: str,
    story: str,
    task: str,
    parts: int,
    snr: float,
    seed: int,
    brain: str = "speech",
    rate_hz: int = 1000,
) -> None:
    """Write the files of one recording; the stimuli must have been written before.

    Parameters: snr, power of the response divided by power of the noise, both from 1 to 40 Hz (0
    gives noise alone); brain, what it responds to: "speech", or "word_onsets" alone. All recordings
    of a story hold the same speech with the same gaps, after silence of different length.
    Raises: InputError if the stimuli are missing or there is no such brain.
    """
    if brain not in KINDS:
        raise InputError(
            "brain",
            expected=" or ".join(KINDS),
            found=repr(brain),
            consequence="no response can be simulated",
            next_step="correct the settings of the simulation",
        )
    folder = Path(folder)
    timing = stimuli.read_timing(folder, story)
    recording_id = f"sub-{subject}_ses-{session}_task-{task}"
    random = generator(seed, "silence", recording_id)
    lead_s, tail_s = (round(random.uniform(*span_s), 3) for span_s in (_LEAD_S, _TAIL_S))

    sounds, words = (timing[timing["kind"] == kind] for kind in ("sound", "word"))
    wav_onsets_s = lead_s + sounds["wav_offset_s"].to_numpy()
    word_onsets_s = lead_s + (words["wav_offset_s"] + words["start_s"]).to_numpy()
    sample_count = round((wav_onsets_s[-1] + sounds["duration_s"].iloc[-1] + tail_s) * rate_hz)
    times_s = np.arange(sample_count) / rate_hz
    waveforms = [soundfile.read(stimuli.wav_path(folder, story, part))[0] for part in range(parts)]
    features = sum(
        speech_features(waveform, speech.RATE_HZ, times_s - onset_s)
        for waveform, onset_s in zip(waveforms, wav_onsets_s, strict=True)
    )

    head = sensors.place_head(seed, subject, session)
    blocks = sensor_blocks(
        features,
        np.rint(word_onsets_s * rate_hz).astype(int),
        head,
        recording_id=recording_id,
        subject=subject,
        kind=brain,
        snr=snr,
        rate_hz=rate_hz,
        seed=seed,
        sound=_record_sound(waveforms, wav_onsets_s, sample_count, rate_hz),
    )
    meg = folder / f"sub-{subject}" / f"ses-{session}" / "meg"
    kit_file.write_recording(
        meg / f"{recording_id}_meg.con", blocks, sample_count=sample_count, rate_hz=rate_hz
    )
    kit_file.write_markers(meg / f"{recording_id}_markers.mrk", head.markers)
    events = sidecars.event_table(timing, story=story, task=task, lead_s=lead_s, rate_hz=rate_hz)
    _write_tsv(meg / f"{recording_id}_events.tsv", events)
    _write_tsv(meg / f"{recording_id}_channels.tsv", sidecars.channel_table(rate_hz))
    write(
        meg / f"{recording_id}_meg.json",
        sidecars.recording_sidecar(
            task=task, duration_s=(sample_count - 1) / rate_hz, rate_hz=rate_hz
        ),
    )
    _write_head(meg, f"sub-{subject}_ses-{session}", head)


def _record_sound(
    waveforms: Sequence[np.ndarray], onsets_s: np.ndarray, sample_count: int, rate_hz: int
) -> np.ndarray:
    """Record what was heard at the rate of the recording: [sample_count], in volts."""
    channel = np.zeros(sample_count, np.float32)
    common = math.gcd(speech.RATE_HZ, rate_hz)
    for waveform, onset_s in zip(waveforms, onsets_s, strict=True):
        heard = resample_poly(waveform, rate_hz // common, speech.RATE_HZ // common)
        first = round(onset_s * rate_hz)
        channel[first : first + len(heard)] = heard[: sample_count - first]
    return channel


def _participant(
    subject: str, tasks: list[int], session_count: int, random: np.random.Generator
) -> dict[str, Any]:
    return {
        "participant_id": f"sub-{subject}",
        "age": int(random.integers(18, 42)),
        "sex": str(random.choice(["F", "M"])),
        "hand": "R",
        "task_order": str(random.permutation(tasks).tolist()),
        "n_sessions": session_count,
        "mri": "fsaverage",
        "native_english_speaker": "y",
    }


def _write_head(meg: Path, session_id: str, head: sensors.Head) -> None:
    """Write what the digitiser measured; it is the same for every recording of a session."""
    for label, points in (
        ("ELP", np.concatenate([head.fiducials, head.coils])),
        ("HSP", head.scalp),
    ):
        with replacing(meg / f"{session_id}_acq-{label}_headshape.pos") as temporary:
            title = f"FastSCAN V4.0 text export, simulated {label} points in mm"
            np.savetxt(temporary, 1000 * points, fmt="%.3f", header=title, comments="% ")
    write(meg / f"{session_id}_coordsystem.json", sidecars.coordinate_sidecar())


def _write_tsv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as BIDS does, with the byte order mark of the real files."""
    with replacing(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, encoding="utf-8-sig", na_rep="n/a")
