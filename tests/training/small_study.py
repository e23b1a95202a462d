"""A study small enough to be trained on in a second, written as the earlier stages write theirs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from plumbing.results import (
    EMBEDDING,
    FRAME_TIMES,
    FRAMES,
    SCALERS,
    SEGMENTS,
    SIGNAL,
    WAV_ONSETS,
    WORDS,
    Results,
)
from speech_decoding.segments.scaling import fit_scaler
from speech_decoding.segments.windows import Window

WINDOW = {"start_s": -0.5, "stop_s": 2.5, "rate_hz": 120}
OUTPUTS = ("decoder.safetensors", "decoder.json", "history.csv")  # of train_decoder.py
FEATURES = 8
FRAME_HZ = 50
SETTINGS = {
    "window": WINDOW,
    "decoder": {
        "architecture": "published",
        "hidden": 8,
        "virtual_channels": 6,
        "depth": 4,
        "learnt_features": 12,
    },
    "training": {
        "delay_s": 0.15,
        "clamp": 20,
        "stop_s": None,
        "selection": {},
        "brain": "recorded",
        "pairing": "heard",
        "speech_module": "none",
        "loss": {"kind": "clip", "normalise_estimates": False},
        "learning_rate": 0.003,
        "batch_size": 8,
        "negatives_per_group": 8,
        "micro_batch": None,
        "updates_per_epoch": 18,
        "epochs": 4,
        "patience": 3,
        "device": "cpu",
        "precision": "float32",
        "compile": "auto",
        "deterministic": True,
        "interpolation": "nearest",
        "signal_storage": "float32",
    },
}
# Where each split begins and ends in the one story, in seconds.
_SPLITS = {"train": (0, 40), "valid": (40, 52), "test": (52, 64)}
_ONSET_S = {"sub-1": 1.0, "sub-2": 2.5}
_SENSORS = {"sub-1": 6, "sub-2": 5}


def write_study(folder: Path) -> Path:
    """Write signals of two subjects who hear one story, its embedding and all tables."""
    results = run_of(folder)
    random = np.random.default_rng(7)
    window = Window(**WINDOW)
    rate_hz = window.rate_hz
    story_s = _SPLITS["test"][1]
    frames = random.standard_normal((story_s * FRAME_HZ, FEATURES)).astype(np.float32)
    chunks = pd.DataFrame(
        {
            "story": "tale",
            "wav": "tale.wav",
            "split": list(_SPLITS),
            "start_s": [float(start) for start, _ in _SPLITS.values()],
            "stop_s": [float(stop) for _, stop in _SPLITS.values()],
            "first_frame": [start * FRAME_HZ for start, _ in _SPLITS.values()],
            "frame_count": [(stop - start) * FRAME_HZ for start, stop in _SPLITS.values()],
            "first_frame_s": [start + 0.5 / FRAME_HZ for start, _ in _SPLITS.values()],
            "frame_step_s": 1 / FRAME_HZ,
        }
    )
    results.write(FRAMES, frames, story="tale")
    results.write(FRAME_TIMES, chunks, story="tale")
    results.write(EMBEDDING, {"silence": 0.0}, story="tale")

    segments, scalers, words = [], [], []
    for subject, onset_s in _ONSET_S.items():
        # The brain mixes what was heard 0.15 s ago, and noise.
        sample = np.arange((story_s + 8) * rate_hz)
        frame = ((sample / rate_hz - onset_s - 0.15) * FRAME_HZ).astype(int)
        heard = np.where(
            ((frame >= 0) & (frame < len(frames)))[:, None], frames[frame % len(frames)], 0
        )
        mixing = random.standard_normal((FEATURES, _SENSORS[subject]))
        noise = random.standard_normal((len(sample), _SENSORS[subject]))
        signal = ((heard @ mixing + noise) * 1e-13).astype(np.float32)
        results.write(SIGNAL, signal, recording=subject)

        own = []
        for split, (start, stop) in _SPLITS.items():
            anchors_s = np.arange(start + 0.5, stop - 2.5, 0.5) + onset_s
            first = np.round(anchors_s * rate_hz).astype(int) + window.first_sample
            own.append(pd.DataFrame({"split": split, "first_sample": first, "onset_s": anchors_s}))
        table = pd.concat(own, ignore_index=True).assign(
            recording=subject, subject=subject, story="tale", block=0, sequence_text="a tale"
        )
        table["word_index"] = pd.array(range(len(table)), dtype="Int64")
        table["word"] = [f"word{index}" for index in range(len(table))]
        segments.append(table)
        onsets_s = onset_s + np.arange(0, story_s, 0.5)
        words.append(pd.DataFrame({"recording": subject, "start_s": onsets_s, "duration_s": 0.3}))
        training = table.loc[table["split"] == "train", "first_sample"].to_numpy()
        center, scale = fit_scaler(signal, training, window)
        place = np.linspace(0, 1, len(center))
        scalers.append(
            pd.DataFrame(
                {"recording": subject, "name": [f"S{n}" for n in range(len(center))]}
            ).assign(x=place, y=1 - place, center=center, scale=scale)
        )
    results.write(SEGMENTS, pd.concat(segments, ignore_index=True))
    results.write(SCALERS, pd.concat(scalers, ignore_index=True))
    results.write(WORDS, pd.concat(words, ignore_index=True))
    onsets = pd.DataFrame(
        {"recording": list(_ONSET_S), "wav": "tale.wav", "onset_s": list(_ONSET_S.values())}
    )
    results.write(WAV_ONSETS, onsets)
    return folder


def run_of(study: Path, experiment: str = "main") -> Results:
    """Give the results of a study with its embedding and a run of one of its experiments."""
    return Results(study, embedding="heard", experiment=experiment, seed=3)


def changed(**training: object) -> dict[str, object]:
    """Give the settings with some of the block `training` changed."""
    return {**SETTINGS, "training": {**SETTINGS["training"], **training}}


def command(run: Results, settings: dict = SETTINGS, *further: str) -> list[str]:
    """Give the arguments of train_decoder.py."""
    wildcards = [f"--{name}={value}" for name, value in run.wildcards.items()]
    given = ["--threads", "1", "--settings", json.dumps(settings)]
    return ["--results", str(run.folder), *wildcards, *given, *further]
