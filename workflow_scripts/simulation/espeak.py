"""Run as a program: speak sentences with espeak-ng and tell where each phoneme lies.

Standard input holds a JSON list of [text, voice, words per minute]; standard output receives an
.npz archive with the samples of all sentences one after another (`samples`, int16), their number
per sentence (`lengths`), and one row per event of interest (`events`: sentence, type, position in
the text, sample within the sentence) with the phoneme's name (`names`).

The library keeps state from one call to the next, which shifts later calls by a few samples: only a
fresh process with the same sentences in the same order gives the same speech.
"""

import ctypes
import io
import json
import sys

import espeakng_loader
import numpy as np

# Constants and structures of espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2
_PHONEME_EVENTS = 1
_PARAMETER_RATE = 1
_UTF8 = 1
WORD, PHONEME = 1, 7  # types of events


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("phoneme", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Speaker:
    """The espeak-ng library of this process; `rate_hz` is the rate of its samples."""

    def __init__(self):
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS)
        if self.rate_hz <= 0:
            raise RuntimeError(f"espeak-ng found no data in {data.decode()}")
        # The noise in consonants is random; without a seed the clock seeds it.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        self._callback = _Callback(self._receive)  # kept: the library holds a bare pointer to it
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, words_per_minute: int) -> tuple[np.ndarray, list[tuple]]:
        """Speak one text; gives int16 samples and (type, text position, sample, name) rows."""
        self._chunks, self._events = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
        encoded = text.encode("utf-8") + b"\0"
        size = ctypes.c_size_t(len(encoded))
        if self._library.espeak_Synth(encoded, size, 0, 1, 0, _UTF8, None, None) != 0:
            raise RuntimeError(f"espeak-ng could not speak {text!r}")
        return np.concatenate(self._chunks), self._events

    def _receive(self, samples, count, events) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type in (WORD, PHONEME):
                name = event.id.phoneme.decode("utf-8") if event.type == PHONEME else ""
                self._events.append((event.type, event.text_position, event.sample, name))
            index += 1
        return 0


def main() -> None:
    speaker = Speaker()
    spoken = [speaker.speak(*sentence) for sentence in json.load(sys.stdin)]
    rows = [(index, *event) for index, (_, events) in enumerate(spoken) for event in events]
    archive = io.BytesIO()
    np.savez(
        archive,
        rate_hz=speaker.rate_hz,
        samples=np.concatenate([samples for samples, _ in spoken]),
        lengths=np.array([len(samples) for samples, _ in spoken]),
        events=np.array([row[:4] for row in rows], dtype=np.int64),
        names=np.array([row[4] for row in rows], dtype="U8"),
    )
    sys.stdout.buffer.write(archive.getvalue())


if __name__ == "__main__":
    main()
