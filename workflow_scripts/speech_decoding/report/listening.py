"""Clips of the speech that was heard or retrieved, small enough to be part of the page."""

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from speech_decoding.segments.heard_audio import place_in_story
from speech_decoding.segments.windows import Window

if TYPE_CHECKING:
    import pandas as pd


class Listening:
    """The audio of a study, from which the speech of single segments is cut.

    Args:
        audio: waveforms of the stories, at rate_hz.
        wav_onsets: when each audio file began (recording, wav, onset_s).
        wavs: where it begins in its story (wav, begin_s).
        window: of the segments.
    """

    def __init__(
        self,
        audio: Mapping[str, np.ndarray],
        wav_onsets: "pd.DataFrame",
        wavs: "pd.DataFrame",
        *,
        rate_hz: int,
        window: Window,
    ):
        self._audio, self._wav_onsets, self._wavs = audio, wav_onsets, wavs
        self._rate_hz, self._window = rate_hz, window

    def clips(self, segments: "pd.DataFrame") -> list[str]:
        """Give the speech of segments (recording, story, onset_s) as sources of audio elements."""
        place_s = place_in_story(segments, self._wav_onsets, self._wavs)
        return [
            embed_sound(self._cut(story, onset_s), self._rate_hz)
            for story, onset_s in zip(segments["story"], place_s, strict=True)
        ]

    def _cut(self, story: str, onset_s: float) -> np.ndarray:
        begin, end = (
            max(round((onset_s + edge_s) * self._rate_hz), 0)
            for edge_s in (self._window.start_s, self._window.stop_s)
        )
        return np.asarray(self._audio[story][begin:end])


def embed_sound(waveform: np.ndarray, rate_hz: int) -> str:
    """Give a waveform as the source of an audio element, compressed as MP3."""
    stream = io.BytesIO()
    soundfile.write(stream, waveform, rate_hz, format="MP3")
    return "data:audio/mpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
