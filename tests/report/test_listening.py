import base64
import io

import numpy as np
import pandas as pd
import soundfile

from speech_decoding.report.listening import Listening
from speech_decoding.report.sections.examples import choose_examples
from speech_decoding.segments.windows import Window

RATE_HZ = 16000


def hear(source):
    kind, text = source.split(",")
    assert kind == "data:audio/mpeg;base64"
    return soundfile.read(io.BytesIO(base64.b64decode(text)))


def test_a_clip_holds_the_window_of_its_segment():
    time_s = np.arange(10 * RATE_HZ) / RATE_HZ
    # silence up to 4.5 s of the story, then a tone
    waveform = np.where(time_s < 4.5, 0, np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)
    listening = Listening(
        {"s": waveform},
        pd.DataFrame({"recording": ["r"], "wav": ["w"], "onset_s": [100.0]}),
        pd.DataFrame({"wav": ["w"], "begin_s": [2.0]}),
        rate_hz=RATE_HZ,
        window=Window(-0.5, 1.5, 120),
    )
    # 101.5 s into the recording is 3.5 s into the story: the window is 3 to 5 s
    segments = pd.DataFrame({"recording": ["r"], "story": ["s"], "onset_s": [101.5]})
    (source,) = listening.clips(segments)
    clip, rate_hz = hear(source)
    assert rate_hz == RATE_HZ and abs(len(clip) - 2 * RATE_HZ) < 0.1 * RATE_HZ
    assert np.abs(clip[: int(1.4 * RATE_HZ)]).max() < 0.05
    assert np.abs(clip[int(1.6 * RATE_HZ) : int(1.9 * RATE_HZ)]).max() > 0.5


def test_examples_are_heard_only_if_asked(contents):
    retrieval = contents.experiments["main"][0].retrieval
    for silent, heard in zip(
        choose_examples(retrieval), choose_examples(retrieval, contents.listening), strict=True
    ):
        assert all(example.sound is None for example in silent.examples)
        assert all(example.sound.startswith("data:audio") for example in heard.examples)
        assert [example.word for example in silent.examples] == [
            example.word for example in heard.examples
        ]
