"""Two listeners to a story of tones, recorded with eight electrodes."""

from pathlib import Path

from plumbing.values import Count, Distinct, Label
from speech_decoding.studies import EVENT_COLUMNS, Facts, Recording

STORY, WAVS, WAV_S, WORD_S, RATE_HZ = "tones", 2, 60, 0.5, 250
ELECTRODES = ("Fz", "Cz", "Pz", "C3", "C4", "F3", "F4", "Oz")


class Study:
    """A folder with {subject}.npy [samples, electrodes] in volts, and the story's audio files."""

    facts = Facts(
        modality="EEG of a toy",
        sensor_count=len(ELECTRODES),
        raw_rate_hz=RATE_HZ,
        licence="none",
        citation="none",
        electrodes=ELECTRODES,
    )

    def __init__(self, folder: Path, *, listeners: Distinct[Label], words_per_sentence: Count = 8):
        self._folder, self._listeners = folder, listeners
        self._words_per_sentence = words_per_sentence

    def recordings(self):
        return [Recording(name, name, "0", STORY) for name in sorted(self._listeners)]

    def left_out(self):
        return {}

    def misnamed(self):
        return []

    def layout_of(self, recording):
        own = {"listeners": [recording.subject]}
        return own | {"words_per_sentence": self._words_per_sentence}

    def raw_files(self, recording):
        return [self._folder / f"{recording.subject}.npy"]

    def stories(self):
        return [STORY]

    def wav_files(self, story):
        return [self._folder / f"{story}_{number}.wav" for number in range(WAVS)]

    def check(self, recording):
        return []

    def load_raw(self, recording):
        import mne
        import numpy as np

        signal = np.load(self.raw_files(recording)[0])
        info = mne.create_info(list(ELECTRODES), RATE_HZ, "eeg")
        raw = mne.io.RawArray(signal.T, info, verbose="error")
        return raw.set_montage("standard_1020")

    def load_events(self, recording):
        import pandas as pd

        rows = []
        for number, wav in enumerate(path.name for path in self.wav_files(STORY)):
            begin_s = 1.0 + WAV_S * number
            sound = {"kind": "sound", "start_s": begin_s, "wav": wav, "wav_start_s": 0.0}
            rows.append(sound | {"duration_s": 0.0})
            for index in range(int(WAV_S / WORD_S)):
                sentence, place = divmod(index, self._words_per_sentence)
                names = [f"tone{number}{sentence}{n}" for n in range(self._words_per_sentence)]
                word = {"word": names[place], "word_index": place, "condition": "sentence"}
                word |= {"sequence_id": f"{number}-{sentence}", "sequence_text": " ".join(names)}
                word |= {"kind": "word", "wav": wav, "wav_start_s": WORD_S * index}
                rows.append(word | {"start_s": begin_s + WORD_S * index, "duration_s": 0.4})
        events = pd.DataFrame(rows).reindex(columns=list(EVENT_COLUMNS)).astype(EVENT_COLUMNS)
        return events.sort_values("start_s", kind="stable", ignore_index=True)

    def open_audio_channels(self, recording):
        return None

    def load_ica(self, recording):
        return None
