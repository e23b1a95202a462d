"""The frames at every block of both studies' real tables, against the definition."""

import tarfile
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch

from speech_decoding.dataset.frames import find_frames
from speech_decoding.segments.splits import split_study
from speech_decoding.segments.windows import Window
from speech_decoding.studies import Recording, StudyReader, open_study
from speech_decoding.studies.brennan import STORY, WAV_DISTANCES_S
from speech_decoding.studies.gwilliams import known_wavs
from tests import realdata
from tests.config_advice import shipped
from tests.dataset.frame_definition import RATE_HZ, by_definition

CONFIG = shipped()
# A few listeners, of MEG-MASC one by either layout of events.tsv; all heard the same blocks.
LISTENERS = {"gwilliams": ["01", "16"], "brennan": ["S01", "S10", "S13", "S25", "S48"]}
AUDIO_HZ = {"gwilliams": 22050, "brennan": 44100}
# Blocks that begin after the recording did: all but the first of each story.
BLOCKS = {"gwilliams": 28 + 71 + 113 + 153 - 4, "brennan": 58 - 1}


@pytest.fixture(scope="module")
def gwilliams(tmp_path_factory) -> StudyReader:
    folder = tmp_path_factory.mktemp("megmasc")
    with tarfile.open(realdata.FOLDER / "megmasc_sidecars.tar.xz") as archive:
        chosen = [
            member
            for member in archive
            if member.name.endswith("events.tsv")
            and any(f"sub-{one}/ses-0" in member.name for one in LISTENERS["gwilliams"])
        ]
        archive.extractall(folder, chosen)
    layout = CONFIG["studies"]["gwilliams"]["layout"] | {"subjects": LISTENERS["gwilliams"]}
    return open_study("gwilliams", next(folder.rglob("sub-01")).parent, layout)


@pytest.fixture(scope="module")
def brennan(tmp_path_factory) -> StudyReader:
    folder = tmp_path_factory.mktemp("alice")
    words = realdata.FOLDER / "brennan" / "AliceChapterOne-EEG.csv"
    (folder / words.name).write_bytes(words.read_bytes())
    with zipfile.ZipFile(realdata.FOLDER / "brennan" / "proc.zip") as archive:
        archive.extractall(folder)
    layout = CONFIG["studies"]["brennan"]["layout"] | {"subjects": LISTENERS["brennan"]}
    return open_study("brennan", folder, layout)


def has_events(study: StudyReader, recording: Recording) -> bool:
    names = ("events.tsv", ".csv")
    return all(f.is_file() for f in study.raw_files(recording) if f.name.endswith(names))


def wav_tables(study: StudyReader, events: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Give the audio files of every story, as long as is known without having them."""
    known_s = {name: (size - 44) / 44100 for name, (size, _) in known_wavs().items()}
    if study.stories() == [STORY]:
        last_word = next(iter(events.values())).iloc[-1]
        last_s = last_word["wav_start_s"] + last_word["duration_s"] + 0.5
        names = [path.name for path in study.wav_files("alice")]
        known_s = dict(zip(names, [*WAV_DISTANCES_S, last_s], strict=True))
    return {
        story: pd.DataFrame(
            [(path.name, known_s[path.name]) for path in study.wav_files(story)],
            columns=["wav", "duration_s"],
        )
        for story in study.stories()
    }


@realdata.needed
@pytest.mark.parametrize(
    ("name", "target"), [("gwilliams", "wav2vec2"), ("gwilliams", "mel"), ("brennan", "wav2vec2")]
)
def test_frames_at_every_block(name, target, request):
    study = request.getfixturevalue(name)
    recordings = [one for one in study.recordings() if has_events(study, one)]
    events = {one.id: study.load_events(one) for one in recordings}
    table = pd.DataFrame(
        [(one.id, one.subject, one.story) for one in recordings],
        columns=["recording", "subject", "story"],
    )
    tables = split_study(table, events, wav_tables(study, events), **CONFIG["splits"])
    borders = (tables["chunks"][["start_s", "stop_s"]] * AUDIO_HZ[name]).round().astype(int)
    samples = (borders["stop_s"] - borders["start_s"]) * 16000 // AUDIO_HZ[name]
    count = samples // 128 + 1 if target == "mel" else (samples - 400) // 320 + 1
    chunks = tables["chunks"].assign(first_frame=count.cumsum() - count, frame_count=count)

    blocks = tables["blocks"].query("start_s > 0")
    at_start = np.round(blocks["start_s"] * RATE_HZ).astype(int)
    # Windows that begin with the block, and windows whose time zero is its start.
    segments = pd.concat(
        [
            blocks.assign(first_sample=at_start),
            blocks.assign(first_sample=np.maximum(at_start - 60, 0)),
        ],
        ignore_index=True,
    )
    window = Window(-0.5, 2.5, RATE_HZ)
    pieces = find_frames(segments, tables["wav_onsets"], chunks, window)
    found = pieces.frame_index(torch.arange(len(segments)), window).numpy()

    placed = tables["wav_onsets"][["recording", "wav", "onset_s"]].merge(chunks, on="wav")
    placed = placed.sort_values(["recording", "onset_s", "start_s"])
    own_chunks = dict(tuple(placed.groupby(["recording", "split"])))
    for row, segment in enumerate(segments.itertuples()):
        own = own_chunks[segment.recording, segment.split]
        expected = by_definition(segment.first_sample, own)
        assert np.array_equal(found[row], expected), segment
    assert len(blocks.drop_duplicates(["story", "block"])) == BLOCKS[name]
    assert (found >= 0).mean() > 0.8
