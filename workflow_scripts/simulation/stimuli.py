"""The stories of a simulated study as audio, as text, and as a table of what is heard when."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from plumbing.files import read, replacing, write
from simulation import speech, stories
from simulation.seeding import generator

_PAUSE_S = 0.3  # silence after each sentence
_GAP_S = (1.0, 3.0)  # silence between two wav files


def write_stimuli(folder: Path, story: str, *, parts: int, duration_s: float, seed: int) -> None:
    """Make up a story, speak it, and write its audio, text and timing.

    Parameters: folder, root of the study; parts, number of wav files; duration_s, about how long
    they last together.
    """
    sentences = stories.write_story(story, seed=seed, duration_s=duration_s, pause_s=_PAUSE_S)
    utterances = speech.synthesise(
        [(sentence.text, sentence.voice, sentence.words_per_minute) for sentence in sentences]
    )
    random = generator(seed, "gaps", story)
    tables, wav_offset_s = [], 0.0
    for part, (first, stop) in enumerate(pairwise(_part_borders(sentences, parts))):
        spoken = range(first, stop)
        waveform, table = _join(spoken, sentences, utterances)
        path = wav_path(folder, story, part)
        with replacing(path) as temporary:
            soundfile.write(temporary, waveform, speech.RATE_HZ, subtype="PCM_16")
        tables.append(table.assign(sound_id=part, wav_offset_s=wav_offset_s))
        # Recordings have 1000 samples a second: a wav file begins at one of them.
        pause_s = random.uniform(*_GAP_S)
        wav_offset_s = round(wav_offset_s + len(waveform) / speech.RATE_HZ + pause_s, 3)
    text = "\n".join(sentence.text for sentence in sentences) + "\n"
    with replacing(folder / "stimuli" / "text" / f"{story}.txt") as temporary:
        temporary.write_text(text, encoding="utf-8-sig")
    write(_timing_path(folder, story), pd.concat(tables, ignore_index=True))


def read_timing(folder: Path, story: str) -> pd.DataFrame:
    """Read what is heard when, in order; the exact truth behind the events.

    Columns: kind (sound, word or phoneme), sound_id, wav_offset_s (start of the wav file after
    the first one's), start_s (within the wav file), duration_s, word, phoneme, word_index,
    sequence_id, condition, speech_rate, voice; seconds.
    """
    return read(_timing_path(folder, story))


def wav_path(folder: Path, story: str, part: int) -> Path:
    """Name the audio of one part of a story; lower-case on disk."""
    return folder / "stimuli" / "audio" / f"{story}_{part}.wav"


def _timing_path(folder: Path, story: str) -> Path:
    return folder / "sourcedata" / f"{story}_timing.parquet"


def _part_borders(sentences: list[stories.Sentence], parts: int) -> list[int]:
    """Cut a story into parts of about the same length: indices of their first sentences."""
    elapsed_s = np.cumsum([sentence.expected_s + _PAUSE_S for sentence in sentences])
    inner = np.searchsorted(elapsed_s, elapsed_s[-1] * np.arange(1, parts) / parts)
    return [0, *(int(index) for index in inner), len(sentences)]


def _join(
    spoken: range, sentences: list[stories.Sentence], utterances: list[speech.Utterance]
) -> tuple[np.ndarray, pd.DataFrame]:
    """Join sentences to the waveform of one wav file and the table of what it holds."""
    pause = np.zeros(round(_PAUSE_S * speech.RATE_HZ), np.float32)
    pieces, tables, sample = [], [], 0
    for index in spoken:
        sentence, utterance = sentences[index], utterances[index]
        words = utterance.words.assign(kind="word", word_index=utterance.words.index)
        heard = pd.concat([utterance.phonemes.assign(kind="phoneme"), words]).assign(
            sequence_id=index,
            condition=sentence.condition,
            speech_rate=sentence.words_per_minute,
            voice=sentence.voice,
        )
        heard["start_s"] += sample / speech.RATE_HZ
        tables.append(heard.sort_values(["start_s", "kind"]))
        pieces += [utterance.waveform, pause]
        sample += len(utterance.waveform) + len(pause)
    sound = pd.DataFrame(
        {"kind": ["sound"], "start_s": [0.0], "duration_s": [sample / speech.RATE_HZ]}
    )
    return np.concatenate(pieces), pd.concat([sound, *tables])
