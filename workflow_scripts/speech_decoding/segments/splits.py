"""The splits of a whole study: every recording's blocks, and the audio chunks that follow them."""

from typing import TYPE_CHECKING

import numpy as np

from plumbing.errors import InputError
from plumbing.values import Positive, Seed, Share
from speech_decoding.segments.blocks import assign_split, find_blocks

if TYPE_CHECKING:
    import pandas as pd

# Blocks must begin at the same place of the audio for every listener, within this many seconds.
_LARGEST_SPREAD_S = 0.010
# Shorter pieces at a wav's edge hold no speech of their own and are not embedded (protocol 3.1).
_SHORTEST_CHUNK_S = 0.1


def split_recording(
    events: "pd.DataFrame",
    *,
    shortest_block_s: Positive,
    seed: Seed,
    test_share: Share,
    valid_share: Share,
) -> "pd.DataFrame":
    """Give one recording's blocks with `block` (their number) and `split` (protocol 4)."""
    blocks = find_blocks(events, shortest_block_s=shortest_block_s)
    blocks.insert(0, "block", np.arange(len(blocks)))
    blocks["split"] = [
        assign_split(text, seed=seed, test_share=test_share, valid_share=valid_share)
        for text in blocks["text"]
    ]
    return blocks


def locate_wavs(events: "pd.DataFrame") -> "pd.DataFrame":
    """Find when each audio file began: a row per file, wav and onset_s (seconds, recording)."""
    onset_s = (events["start_s"] - events["wav_start_s"]).groupby(events["wav"]).median()
    return onset_s.rename("onset_s").reset_index().sort_values("onset_s", ignore_index=True)


def chunk_audio(
    blocks: "pd.DataFrame", wav_onsets: "pd.DataFrame", wavs: "pd.DataFrame"
) -> "pd.DataFrame":
    """Cut a story's audio files at the borders of its blocks, once for all recordings.

    The speech model sees one chunk at a time, so its context never crosses a split (protocol 3.1).

    Parameters: blocks and wav_onsets of all recordings of the story (column `recording`); wavs,
    the table of its audio files.
    Returns: a row per chunk in order: chunk, wav, start_s, stop_s (seconds of that file), block,
    split.
    Raises: InputError if the recordings disagree on where the blocks begin, or the files are too
    short for a chunk.
    """
    import pandas as pd

    pieces = blocks.merge(wav_onsets[["recording", "wav", "onset_s"]], on="recording").merge(
        wavs[["wav", "duration_s"]], on="wav"
    )
    # A recording may begin after its first block did, but that block still begins with the audio.
    begin_s = pieces["start_s"].where(pieces["block"] > 0, -np.inf) - pieces["onset_s"]
    pieces["start_s"] = begin_s.clip(lower=0)
    pieces["stop_s"] = (pieces["stop_s"] - pieces["onset_s"]).clip(upper=pieces["duration_s"])
    pieces = pieces[pieces["stop_s"] - pieces["start_s"] > _SHORTEST_CHUNK_S]
    if pieces.empty:
        raise InputError(
            ", ".join(wavs["wav"]),
            expected=f"audio of a block, longer than {_SHORTEST_CHUNK_S:g} s",
            found=f"files of {wavs['duration_s'].max():.3f} s at most, or no event in them",
            consequence="the story holds nothing to embed",
            next_step="check the audio files and the events that name them",
        )
    groups = pieces.groupby(["wav", "block", "split"], sort=False)
    spread_s = groups[["start_s", "stop_s"]].agg(np.ptp).to_numpy().max()
    if spread_s > _LARGEST_SPREAD_S:
        raise InputError(
            f"events of {', '.join(sorted(pieces['recording'].unique())[:3])} ...",
            expected="blocks that begin at the same place of the audio in every recording",
            found=f"a difference of {spread_s * 1000:.0f} ms",
            consequence="the same audio would fall into two splits",
            next_step="check the recordings' events.tsv",
        )
    chunks = groups[["start_s", "stop_s"]].median().reset_index()
    order = pd.Categorical(chunks["wav"], categories=wavs["wav"])
    chunks = chunks.assign(order=order.codes).sort_values(["order", "start_s"], ignore_index=True)
    chunks.insert(0, "chunk", np.arange(len(chunks)))
    return chunks[["chunk", "wav", "start_s", "stop_s", "block", "split"]]


def split_study(
    recordings: "pd.DataFrame",
    events: dict[str, "pd.DataFrame"],
    wavs: dict[str, "pd.DataFrame"],
    **settings: float,
) -> dict[str, "pd.DataFrame"]:
    """Split all recordings of a study.

    Parameters: recordings, a row per used recording (recording, subject, story); events, their
    event tables by recording; wavs, the tables of audio files by story; settings, of
    `split_recording`.
    Returns: tables blocks, wav_onsets and words (with recording, block and split), and chunks
    (with story).
    """
    import pandas as pd

    blocks, onsets, words = [], [], []
    for row in recordings.itertuples():
        own = events[row.recording]
        identity = {"recording": row.recording, "subject": row.subject, "story": row.story}
        own_blocks = split_recording(own, **settings)
        blocks.append(own_blocks.assign(**identity))
        onsets.append(locate_wavs(own).assign(**identity))
        spoken = own[own["kind"] == "word"]
        inside = np.searchsorted(own_blocks["start_s"], spoken["start_s"], "right") - 1
        position = own_blocks[["block", "split"]].iloc[inside].reset_index(drop=True)
        words.append(spoken.reset_index(drop=True).join(position).assign(**identity))
    tables = {
        "blocks": pd.concat(blocks, ignore_index=True),
        "wav_onsets": pd.concat(onsets, ignore_index=True),
        "words": pd.concat(words, ignore_index=True),
    }
    by_story = [
        chunk_audio(
            *(tables[name][tables[name]["story"] == story] for name in ("blocks", "wav_onsets")),
            wavs[story],
        ).assign(story=story)
        for story in wavs
    ]
    return tables | {"chunks": pd.concat(by_story, ignore_index=True)}


def list_splits(blocks: "pd.DataFrame", chunks: "pd.DataFrame") -> "pd.DataFrame":
    """List the splits for a person to read: a row per chunk of audio, with the words of its block.

    Parameters: blocks and chunks, tables of `split_study`.
    Returns: story, block, split, wav, start_s, stop_s (seconds of that file), recordings (how many
    hold the block), text.
    """
    by_block = blocks.groupby(["story", "block"])
    texts = by_block["text"].first().reset_index()
    texts["recordings"] = by_block["recording"].nunique().to_numpy()
    table = chunks.merge(texts, on=["story", "block"])
    columns = ["story", "block", "split", "wav", "start_s", "stop_s", "recordings", "text"]
    return table[columns].round({"start_s": 3, "stop_s": 3})
