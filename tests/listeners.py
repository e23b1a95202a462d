"""A small world: listeners whose sensors repeat what they hear, and a decoder that passes it on."""

from dataclasses import replace

import numpy as np
import pandas as pd
from torch import nn

from speech_decoding.controls.measuring import further_segments
from speech_decoding.dataset.opening import add_segments
from speech_decoding.dataset.store import Embedding, SegmentStore, StudyTables
from speech_decoding.evaluation.evaluate import retrieve_test_segments
from speech_decoding.evaluation.metrics import measure
from speech_decoding.evaluation.trained import TrainedDecoder
from speech_decoding.segments.windows import Window

WINDOW = Window(-0.5, 2.5, 120)
RATE_HZ, FRAME_HZ, AUDIO_HZ = 120, 50, 400
FEATURES, STORY_S, LEAD_S, DELAY_S = 6, 70.0, 8.0, 0.15
WORD_S, WORDS_PER_SENTENCE, BLOCK_S = 0.5, 8, 14.0
SPLITS = ["train", "test", "valid", "test", "train"]
STORIES = ["s", "t"]


class PassOn(nn.Module):
    """A decoder whose estimate is the brain itself."""

    def forward(self, brain, subject_index, layout_index):
        return brain


class World:
    """The study's tables, signals and embedding, ready to be spoilt."""

    def __init__(self):
        random = np.random.default_rng(1)
        frames = int(STORY_S * FRAME_HZ)
        self.speech = {story: random.standard_normal((frames, FEATURES)) for story in STORIES}
        self.audio = {
            story: random.standard_normal(int(STORY_S * AUDIO_HZ)).astype(np.float32)
            for story in STORIES
        }
        self.wavs = pd.DataFrame(
            {"story": STORIES, "wav": ["s.wav", "t.wav"], "begin_s": [0.0, 0.0]}
        )
        self.recordings = pd.DataFrame(
            [
                (f"{subject}_{story}", subject, "0", story)
                for subject in ("1", "2", "3")
                for story in STORIES
            ],
            columns=["recording", "subject", "session", "story"],
        )
        self.signals = {
            row.recording: self._listen(row.story, random) for row in self.recordings.itertuples()
        }
        chunks = [
            {
                "story": story,
                "wav": f"{story}.wav",
                "split": split,
                "start_s": BLOCK_S * block,
                "stop_s": BLOCK_S * (block + 1),
                "first_frame": frames * number + int(BLOCK_S * FRAME_HZ) * block,
                "frame_count": int(BLOCK_S * FRAME_HZ),
            }
            for number, story in enumerate(STORIES)
            for block, split in enumerate(SPLITS)
        ]
        everything = np.concatenate(list(self.speech.values())).astype(np.float32)
        self.embedding = Embedding(everything, pd.DataFrame(chunks), silence=0.0)
        self.tables = self._tabulate(np.random.default_rng(2))

    def _listen(self, story, random):
        """A recording: noise, and from LEAD_S + DELAY_S on what is heard."""
        samples = np.arange(int((STORY_S + 2 * LEAD_S) * RATE_HZ))
        frame = np.floor((samples / RATE_HZ - LEAD_S - DELAY_S) * FRAME_HZ).astype(int)
        inside = (frame >= 0) & (frame < len(self.speech[story]))
        signal = random.standard_normal((len(samples), FEATURES))
        signal[inside] += self.speech[story][frame[inside]]
        return signal.astype(np.float32)

    def _tabulate(self, random):
        vocabulary = np.array(["the", "The", "ship", "sea", "wind", "old", "salt", "rope"])
        words, segments = [], []
        for story in STORIES:
            spelling = random.choice(vocabulary, int(STORY_S / WORD_S))
            duration_s = random.uniform(0.2, 0.45, len(spelling))
            for row in self.recordings[self.recordings["story"] == story].itertuples():
                for number, word in enumerate(spelling):
                    sentence = number // WORDS_PER_SENTENCE
                    first = sentence * WORDS_PER_SENTENCE
                    start_s = LEAD_S + WORD_S * number
                    block = int(WORD_S * number // BLOCK_S)
                    named = {
                        "recording": row.recording,
                        "word": word,
                        "word_index": number - first,
                        "sequence_text": " ".join(spelling[first : first + WORDS_PER_SENTENCE]),
                        "split": SPLITS[block],
                        "block": block,
                    }
                    words.append(named | {"start_s": start_s, "duration_s": duration_s[number]})
                    begin_s = start_s - LEAD_S - BLOCK_S * block + WINDOW.start_s
                    if begin_s >= 0 and begin_s + 3 < BLOCK_S:
                        place = {
                            "onset_s": start_s,
                            "first_sample": round(start_s * RATE_HZ) - 60,
                            "subject": row.subject,
                            "story": story,
                        }
                        segments.append(named | place)
        onsets = self.recordings.assign(wav=self.recordings["story"] + ".wav", onset_s=LEAD_S)
        sensors = pd.DataFrame({"x": np.linspace(0, 1, FEATURES), "y": 0.5})
        scalers = pd.concat(
            [
                sensors.assign(recording=name, center=np.float32(0), scale=np.float32(1))
                for name in self.signals
            ]
        )
        table = pd.DataFrame(segments).astype({"word_index": "Int64"})
        return StudyTables(
            table, pd.DataFrame(words), onsets[["recording", "wav", "onset_s"]], scalers
        )

    def open(self, tables=None, signals=None, model=None):
        """Give the decoder and the study, with stand-ins for the brain."""
        tables, signals = tables or self.tables, signals or self.signals
        store = SegmentStore(
            add_segments(tables, further_segments(WINDOW)(tables, signals)),
            signals,
            self.embedding,
            window=WINDOW,
            delay_s=DELAY_S,
            clamp=20.0,
            embedding_scale=(0.0, 1.0),
        )
        return TrainedDecoder(
            model or PassOn(),
            store,
            speech=store.speech,
            words=tables.words,
            wav_onsets=tables.wav_onsets,
        )

    def retrieve(self, trained):
        """Give the table of retrieved segments, and the metrics."""
        table, candidates = retrieve_test_segments(trained, self.wavs)
        table.insert(2, "session", "0")
        metrics = measure(table, candidates, top_k=[1, 5, 10], candidate_counts=[10, 50])
        return table, metrics

    def noise(self):
        """Signals without any response."""
        random = np.random.default_rng(7)
        return {
            name: random.standard_normal(signal.shape, dtype=np.float32)
            for name, signal in self.signals.items()
        }

    def misaligned(self):
        """The same signals, each shifted by another time, as with wrong onsets."""
        return {
            name: np.roll(signal, round((5 + 3.7 * place) * RATE_HZ), axis=0)
            for place, (name, signal) in enumerate(self.signals.items())
        }

    def leaking(self):
        """The same segments, each in a split of its own choosing."""
        random = np.random.default_rng(8)
        segments = self.tables.segments
        drawn = random.choice(["train", "test"], len(segments))
        return replace(self.tables, segments=segments.assign(split=drawn))
