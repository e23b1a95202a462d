"""A simulated Alice study: the first release's files, with its oddities (protocol 1.2).

Which listener's trial table is shifted stands in the table of the real subjects; as in reality,
S02's is another listener's, S01's recording ends before its last trials do, and one listener lacks
the audio channel.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import soundfile
from scipy.signal import resample_poly

from plumbing.files import replacing
from plumbing.values import NotNegative, Seed
from simulation import brain, matlab_file, scalp, speech, stories
from simulation.noise import response_fields
from simulation.seeding import generator
from speech_decoding.studies.brennan import WAV_DISTANCES_S, WORDS_FILE, subject_table, wav_name
from speech_decoding.studies.brennan_signal import AUDIO_CHANNELS, ELECTRODES, RATE_HZ
from speech_decoding.studies.brennan_trials import read_words

_VOICE, _WORDS_PER_MINUTE = "en-us", 175
# The real story's sentences are long; the first must outlast the shortest block by itself, because
# what is heard before it differs from listener to listener. Some go on in the next wav file.
_CLAUSES = 2
_AUDIO_UPSAMPLING = 2  # to the 44.1 kHz of the real files
_PAUSE_S, _SHORTEST_GAP_S = 0.3, 1.0  # after each sentence, and between two wav files
_PADDING_S = 0.046  # by which the real word table prolongs its words

_TRIALS_OF = {"S02": "S10"}
_WITHOUT_AUDIO = frozenset({"S44"})
_LACKING_AT_END = {"S01": 377}  # samples of the last trial: it ends after its word has begun
_LEAD_S, _SHIFTED_LEAD_S, _TAIL_S = (1.0, 17.0), (-3.7, -0.3), 8.0
_JITTER_S = 0.008
_TRIAL_BEGIN, _TRIAL_LENGTH = -150, 650  # samples, relative to the word
_MICROVOLT_PER_VOLT = 1e6
_AUDIO_MICROVOLT, _EYE_MICROVOLT = 5e3, 30.0


class Simulation(TypedDict):
    """The block `simulation` of a study in config.yaml.

    snr: power of the brain's response to speech / power of all else.
    """

    seed: Seed
    snr: NotNegative


def simulate_stimuli(
    folder: Path, *, seed: int, wav_distances_s: Sequence[float] = WAV_DISTANCES_S
) -> None:
    """Make up a story, speak it, and write its wav files and its word table.

    Parameters: folder, root of the study; wav_distances_s, from the start of each wav file to that
    of the next one: each holds as many whole sentences as fit before a gap of a second.
    """
    limits_s = [distance_s - _SHORTEST_GAP_S for distance_s in wav_distances_s]
    limits_s.append(float(np.mean(limits_s)))
    sentences = stories.write_story("alice", seed=seed, duration_s=sum(limits_s), pause_s=_PAUSE_S)
    utterances = speech.synthesise(
        [(sentence.text, _VOICE, _WORDS_PER_MINUTE) for sentence in sentences]
    )
    tables, unspoken = [], list(enumerate(utterances))
    pause = np.zeros(round(_PAUSE_S * speech.RATE_HZ), np.float32)
    for number, limit_s in enumerate(limits_s, start=1):
        pieces, sample = [], 0
        while unspoken:
            index, utterance = unspoken[0]
            length = len(utterance.waveform) + len(pause)
            if sample + length > limit_s * speech.RATE_HZ:
                break
            unspoken.pop(0)
            pieces += [utterance.waveform, pause]
            words = utterance.words.assign(Segment=number, Sentence=1 + index // _CLAUSES)
            words["start_s"] += sample / speech.RATE_HZ
            tables.append(words)
            sample += length
        waveform = resample_poly(np.concatenate(pieces), _AUDIO_UPSAMPLING, 1)
        with replacing(folder / "audio" / wav_name(number)) as temporary:
            rate_hz = speech.RATE_HZ * _AUDIO_UPSAMPLING
            soundfile.write(temporary, waveform.clip(-1, 1), rate_hz, subtype="PCM_16")
    with replacing(folder / WORDS_FILE) as temporary:
        _word_table(pd.concat(tables, ignore_index=True), seed).to_csv(temporary, index=False)


def simulate_recording(
    folder: Path,
    *,
    subject: str,
    snr: float,
    seed: int,
    wav_distances_s: Sequence[float] = WAV_DISTANCES_S,
) -> None:
    """Write one listener's recording and trial table; the stimuli must have been written before.

    Parameters: snr, power of the response to speech divided by power of the noise, both from 1 to
    40 Hz.
    Raises: InputError if the stimuli are missing.
    """
    words = read_words(folder / WORDS_FILE)
    onsets = wav_onsets(subject, wav_distances_s, seed)
    sounds = [
        soundfile.read(folder / "audio" / wav_name(number), dtype="float32")
        for number in range(1, len(onsets) + 1)
    ]
    length_s = len(sounds[-1][0]) / sounds[-1][1] + _TAIL_S
    times_s = np.arange(onsets[-1] + round(length_s * RATE_HZ)) / RATE_HZ
    word_onsets = onsets[words["wav_number"] - 1] + np.rint(words["start_s"] * RATE_HZ).astype(int)

    model = scalp.HeadModel()
    speech_fields = brain.speech_source_fields(model, seed=seed, subject=subject)
    noise, noise_power, loose = scalp.record_noise(
        model,
        speech_fields,
        sample_count=len(times_s),
        rate_hz=RATE_HZ,
        random=generator(seed, "noise", subject),
    )
    features = sum(
        brain.speech_features(waveform, rate_hz, times_s - onset / RATE_HZ)
        for onset, (waveform, rate_hz) in zip(onsets, sounds, strict=True)
    )
    responses = brain.source_responses(
        features, word_onsets[word_onsets >= 0], kind="speech", rate_hz=RATE_HZ, seed=seed
    )
    fields = response_fields(
        speech_fields, responses, snr=snr, noise_power=noise_power, rate_hz=RATE_HZ
    )

    random = generator(seed, "other channels", subject)
    eye = _EYE_MICROVOLT * random.standard_normal(len(times_s), dtype=np.float32)
    channels = [*((noise + fields @ responses) * np.float32(_MICROVOLT_PER_VOLT)), eye]
    labels = [*ELECTRODES, "VEOG"]
    if subject not in _WITHOUT_AUDIO:
        labels.append(AUDIO_CHANNELS[int(subject[1:]) % len(AUDIO_CHANNELS)])
        channels.append(_audio_channel(sounds, onsets, len(times_s)))
    owner = _TRIALS_OF.get(subject, subject)
    shifted = subject_table()[owner]["repair"] == "shifted"
    table = _trial_table(words, wav_onsets(owner, wav_distances_s, seed), shifted=shifted)
    data = np.stack(channels)
    if lacking := _LACKING_AT_END.get(subject):
        data = data[:, : int(table[:, 1].max()) - lacking]
    matlab_file.write_struct(folder / f"{subject}.mat", "raw", _fieldtrip_struct(data, labels))
    matlab_file.write_struct(
        folder / "proc" / f"{subject}.mat", "proc", _trial_struct(owner, table, loose, random)
    )


def _word_table(words: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give the word table its real columns; what no step reads is drawn at random."""
    random = generator(seed, "word table")
    frequency = random.normal(10, 3, size=len(words)).round(2)
    stop_s = words["start_s"] + words["duration_s"] + _PADDING_S
    table = pd.DataFrame(
        {
            "Word": words["word"],
            "Segment": words["Segment"],
            "onset": words["start_s"].round(6),
            "offset": stop_s.round(6),
            "Order": np.arange(1, len(words) + 1),
            "LogFreq": frequency,
            "LogFreq_Prev": np.append(0.0, frequency[:-1]),
            "LogFreq_Next": np.append(frequency[1:], 0.0),
            "SndPower": random.gamma(1.0, 1e-6, size=len(words)),
            "Length": (stop_s - words["start_s"]).round(6),
            "Position": words.groupby("Sentence").cumcount() + 1,
            "Sentence": words["Sentence"],
            "IsLexical": (words["word"].str.len() > 3).astype(int),
        }
    )
    for model in ("NGRAM", "RNN", "CFG"):
        table[model] = random.gamma(2.0, 1.5, size=len(words)).round(6)
    return table


def wav_onsets(subject: str, wav_distances_s: Sequence[float], seed: int) -> np.ndarray:
    """Give the sample of a listener's recording at which each wav begins, from 0."""
    random = generator(seed, "wav onsets", subject)
    shifted = subject_table()[subject]["repair"] == "shifted"
    lead_s = random.uniform(*(_SHIFTED_LEAD_S if shifted else _LEAD_S))
    onsets_s = lead_s + np.append(0.0, np.cumsum(wav_distances_s))
    jitter_s = random.uniform(-_JITTER_S, _JITTER_S, size=len(onsets_s))
    return np.rint((onsets_s + jitter_s) * RATE_HZ).astype(int)


def _audio_channel(
    sounds: list[tuple[np.ndarray, int]], onsets: np.ndarray, sample_count: int
) -> np.ndarray:
    """Record the sounds at the rate of the EEG, in microvolts; what came before it is lost."""
    channel = np.zeros(sample_count, np.float32)
    for onset, (waveform, rate_hz) in zip(onsets, sounds, strict=True):
        common = np.gcd(rate_hz, RATE_HZ)
        heard = resample_poly(waveform, RATE_HZ // common, rate_hz // common)
        first = max(-onset, 0)
        channel[onset + first : onset + len(heard)] = heard[first:]
    return _AUDIO_MICROVOLT * channel


def _fieldtrip_struct(data: np.ndarray, labels: list[str]) -> dict[str, Any]:
    """Describe a recording [channels, samples] in microvolts as FieldTrip does."""
    count = data.shape[1]
    return {
        "hdr": {
            "Fs": float(RATE_HZ),
            "nChans": float(len(labels)),
            "nSamples": float(count),
            "nSamplesPre": 0.0,
            "nTrials": 1.0,
            "label": matlab_file.cell(labels),
            "chantype": matlab_file.cell(["eeg"] * len(labels)),
            "chanunit": matlab_file.cell(["uV"] * len(labels)),
        },
        "label": matlab_file.cell(labels),
        "time": matlab_file.cell([np.arange(count)[np.newaxis] / RATE_HZ]),
        "trial": matlab_file.cell([data]),
        "fsample": float(RATE_HZ),
        "sampleinfo": np.array([[1.0, count]]),
    }


def _trial_table(words: pd.DataFrame, onsets: np.ndarray, *, shifted: bool) -> np.ndarray:
    """List the trials as begin, end, offset, segment, tmin and Order, samples counted from 1.

    A shifted table lacks the first wav and calls every other by the number of the one before.
    """
    if shifted:
        onsets = onsets[1:]
    words = words[words["wav_number"] <= len(onsets)]
    in_wav = np.ceil(words["start_s"].to_numpy() * RATE_HZ)
    begin = 1 + onsets[words["wav_number"] - 1] + in_wav + _TRIAL_BEGIN
    offset = np.full(len(words), float(_TRIAL_BEGIN))
    named = words[["wav_number", "start_s", "order"]].to_numpy(dtype=float)
    return np.column_stack([begin, begin + _TRIAL_LENGTH, offset, named])


def _trial_struct(
    subject: str, table: np.ndarray, loose: list[str], random: np.random.Generator
) -> dict[str, Any]:
    """Describe what the authors did before their analysis, as far as `proc` files hold it."""
    cell = matlab_file.cell
    good = [name for name in ELECTRODES if name not in loose]
    trials = np.arange(1.0, len(table) + 1)
    picks = {
        "artfctdef": {"summary": {"artifact": table[:2, :2]}},
        "trialpicks": trials[2:],
        "chanpicks": cell(good),
    }
    rotation, _ = np.linalg.qr(random.standard_normal((len(good), len(good))))
    return {
        "implicitref": "29",
        "refchannels": cell(["25", "29"], row=True),
        "subject": subject,
        "dataset": "",
        "trl": table,
        "varnames": cell(["segment", "tmin", "Order"], row=True),
        "tot_trials": float(len(table)),
        "tot_chans": 61.0,
        "impedence": {
            "bads": cell(loose, row=True),
            "imps": random.integers(0, 25, size=62).astype(float),
            "labels": cell([str(number) for number in range(1, 63)], row=True),
            "note": "simulated",
        },
        "rejections": {
            "first": picks,
            "final": picks,
            "numtrialrej": 2.0,
            "badchans": cell(loose, row=True),
            "nan_trials": np.empty((0, 0)),
        },
        "ica": {
            "unmixing": rotation[:-1],
            "topolabel": cell(good),
            "rejcomp": np.array([[1.0]]),
            "comments": "simulated",
        },
        "rank": 5.0,
    }
