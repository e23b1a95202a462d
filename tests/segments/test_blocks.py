"""Blocks and splits, against the golden table made from the real studies."""

import hashlib
import tarfile
from pathlib import Path

import pandas as pd
import pytest

from speech_decoding.segments.blocks import assign_split, find_blocks, split_score
from speech_decoding.segments.windows import Window, find_segments
from speech_decoding.studies.gwilliams import Study
from tests import realdata

GOLDEN = pd.read_csv(Path(__file__).parents[1] / "golden" / "splits.csv", dtype={"task": str})
STORIES = {
    "lw1": {"task": "0", "parts": 4},
    "cable_spool_fort": {"task": "1", "parts": 6},
    "easy_money": {"task": "2", "parts": 8},
    "the_black_willow": {"task": "3", "parts": 12},
}
SPLIT = {"seed": 12, "test_share": 0.2, "valid_share": 0.1}


def words(*sentences: str, pause_s: float = 0.5, condition: str = "sentence") -> pd.DataFrame:
    """Make an event table: every word lasts 0.4 s, 0.5 s after the one before it."""
    rows, start_s = [], 1.0
    for sequence, sentence in enumerate(sentences):
        for index, word in enumerate(sentence.split()):
            rows.append((start_s, 0.4, "word", word, index, str(sequence), sentence, condition))
            start_s += 0.5
        start_s += pause_s
    columns = ["start_s", "duration_s", "kind", "word", "word_index", "sequence_id"]
    return pd.DataFrame(rows, columns=[*columns, "sequence_text", "condition"])


def test_the_golden_score():
    assert split_score("hello world", seed=12) == 0.19607166196929982
    assert assign_split("hello world", **SPLIT) == "test"


def test_sentences_are_merged_until_a_block_is_long_enough():
    events = words("a b c d", "e f g h", "i j k l", "m n o p", "q r s t")
    blocks = find_blocks(events, shortest_block_s=6)
    # sentences open at 1.0, 3.5, 6.0, 8.5 and 11.0 s; the first block begins with the recording
    assert list(blocks["start_s"]) == [0.0, 8.5]
    assert list(blocks["stop_s"]) == [8.5, float("inf")]
    assert list(blocks["text"]) == ["a b c d,e f g h,i j k l", "m n o p,q r s t"]


def test_sentences_heard_before_the_recording_are_merged_as_elsewhere():
    """A block of another text could be in another split than for those who were in time."""
    events = words("a b c d", "e f g h", "i j k l", "m n o p", "q r s t")
    usual = find_blocks(events.assign(start_s=events["start_s"] - 1), shortest_block_s=6)
    late = find_blocks(events.assign(start_s=events["start_s"] - 5), shortest_block_s=6)
    assert list(late["text"]) == list(usual["text"])
    assert list(late["start_s"]) == [-4.0, 3.5]


def test_pseudo_words_do_not_name_a_block():
    events = words("a b c", condition="pseudo_words")
    assert list(find_blocks(events, shortest_block_s=6)["text"]) == [""]


@pytest.fixture(scope="module")
def megmasc(tmp_path_factory) -> Study:
    folder = tmp_path_factory.mktemp("megmasc")
    wanted = ("sub-01/ses-0", "sub-07/ses-1")
    with tarfile.open(realdata.FOLDER / "megmasc_sidecars.tar.xz") as archive:
        chosen = [m for m in archive if any(w in m.name for w in wanted)]
        archive.extractall(folder, chosen)
    root = next(folder.rglob("sub-01")).parent
    layout = {"subjects": ["01", "07"], "sessions": ["0", "1"], "absent": [], "stories": STORIES}
    return Study(root, **layout)


@realdata.needed
def test_every_block_of_the_real_stories(megmasc):
    found = {}
    for recording in megmasc.recordings():
        if not megmasc.raw_files(recording)[2].is_file():
            continue
        events = megmasc.load_events(recording)
        blocks = find_blocks(events, shortest_block_s=6)
        blocks["split"] = [assign_split(text, **SPLIT) for text in blocks["text"]]
        blocks["block"] = range(len(blocks))
        task = STORIES[recording.story]["task"]
        golden = GOLDEN.query(f"dataset == 'gwilliams2022' and task == '{task}'")
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in blocks["text"]]
        assert digests == list(golden["sha256_uid"])
        assert list(blocks["split"]) == list(golden["split"])
        length_s = events["start_s"].max() + 10
        segments = find_segments(
            events,
            blocks,
            sample_count=int(length_s * 120),
            window=Window(-0.5, 2.5, 120),
            stride_s=0.5,
        )
        test = segments[(segments["split"] == "test") & segments["word"].notna()]
        unique = len(test.drop_duplicates(["word_index", "sequence_text"]))
        found[recording.story] = (len(blocks), max(unique, found.get(recording.story, (0, 0))[1]))
    assert found == {
        "lw1": (28, 86),
        "cable_spool_fort": (71, 175),
        "easy_money": (113, 507),
        "the_black_willow": (153, 660),
    }
