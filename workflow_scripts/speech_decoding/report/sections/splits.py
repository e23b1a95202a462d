"""Blocks over time, seconds and segments of each split, and the overlap between splits."""

from functools import partial
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.patches import Patch

from speech_decoding.report.contents import Contents
from speech_decoding.report.drawing import INK, SKY, STYLE, VERMILLION, YELLOW, open_figure, to_svg
from speech_decoding.report.pictures import draw
from speech_decoding.report.summary import audio_seconds, count_shared
from speech_decoding.segments.blocks import SPLITS

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Splits"
ORDER = 50

# Name and colour of each split; the style sheet has the same colours.
_SHOWN = {"train": ("training", SKY), "valid": ("validation", YELLOW), "test": ("test", VERMILLION)}


def show(contents: Contents) -> dict[str, Any]:
    audio_s = audio_seconds(contents.chunks)
    segments = contents.segments.groupby(["story", "split"]).size()
    blocks = contents.chunks.drop_duplicates(["story", "block"]).groupby("split").size()
    stories = [
        {
            "story": story,
            "audio_s": audio_s.loc[story].to_dict(),
            "segments": {split: int(segments.get((story, split), 0)) for split in SPLITS},
        }
        for story in audio_s.index
    ]
    return {
        "titles": {split: _SHOWN[split][0] for split in SPLITS},
        "stories": stories,
        "block_counts": {split: int(blocks.get(split, 0)) for split in SPLITS},
        "shared": count_shared(contents.blocks, contents.segments, contents.words),
        "picture": draw(
            partial(draw_splits, contents.chunks),
            f"Time line of the {len(contents.chunks)} stretches of audio of all stories, coloured "
            "by training, validation and test split.",
        ),
    }


@matplotlib.rc_context(STYLE)
def draw_splits(chunks: "pd.DataFrame", *, width_in: float) -> str:
    """Draw the blocks of every story over the time of its audio, coloured by split.

    Parameters: chunks, the table of audio chunks; width_in, inches. Ticks below a story mark where
    a new audio file begins.
    """
    stories = list(chunks["story"].unique())
    figure, axes = open_figure((width_in, 1.3 + 0.5 * len(stories)))
    for row, story in enumerate(stories):
        own = chunks[chunks["story"] == story]
        wav_begins_s = own.groupby("wav", sort=False)["stop_s"].max().cumsum().shift(fill_value=0.0)
        begin_s = own["start_s"] + own["wav"].map(wav_begins_s)
        for split, (_, colour) in _SHOWN.items():
            inside = own["split"] == split
            lengths_s = (own["stop_s"] - own["start_s"])[inside]
            spans = list(zip(begin_s[inside] / 60, lengths_s / 60, strict=True))
            axes.broken_barh(spans, (row - 0.3, 0.6), color=colour, edgecolor="white", lw=0.4)
        axes.plot(wav_begins_s / 60, np.full(len(wav_begins_s), row + 0.37), "^", c=INK, ms=3.5)
    axes.set(
        title="Blocks by split",
        xlabel="time in the audio (min)",
        yticks=range(len(stories)),
        yticklabels=stories,
        ylim=(len(stories) - 0.4, -0.5),
    )
    axes.margins(x=0.01)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    handles = [Patch(color=colour, label=name) for name, colour in _SHOWN.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return to_svg(figure)
