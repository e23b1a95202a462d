"""The MEG-MASC reader: what the study should hold, and both layouts of its events."""

import tarfile
from pathlib import Path

import pandas as pd
import pytest

from plumbing.errors import InputError
from speech_decoding.studies.gwilliams import Study, known_wavs
from speech_decoding.studies.gwilliams_tables import read_events, wav_name
from tests import realdata

CONFIG = Path(__file__).parents[2] / "config.yaml"
# The same story as two listeners' files describe it: by columns, and by dictionaries.
FLAT = "sub-04_ses-0_task-0_events.tsv"
DICTIONARIES = "sub-16_ses-0_task-0_events.tsv"
_NUMBERS = (
    "story_uid",
    "sound_id",
    "start",
    "sequence_id",
    "word_index",
    "speech_rate",
    "pronounced",
)


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """The folder with the two real tables."""
    folder = tmp_path_factory.mktemp("real")
    missing = {FLAT, DICTIONARIES}
    with tarfile.open(realdata.FOLDER / "megmasc_sidecars.tar.xz", "r|xz") as archive:
        for member in archive:
            name = Path(member.name).name
            if name in missing:
                (folder / name).write_bytes(archive.extractfile(member).read())
                missing.remove(name)
            if not missing:
                return folder
    raise AssertionError(f"no {missing} in the archive")


def describe(row: pd.Series) -> str:
    """Give a row's columns as the text of a dictionary, as the other layout does."""
    known = row.drop(["onset", "duration", "trial_type", "value", "sample"])
    known = known[known != "n/a"]
    return str({key: float(x) if key in _NUMBERS else x for key, x in known.items()})


def test_the_study_lists_196_recordings():
    study = Study(Path("data"))
    recordings = study.recordings()
    assert len(recordings) == len({recording.id for recording in recordings}) == 196
    sessions = {(recording.subject, recording.session) for recording in recordings}
    assert len(sessions) == 49
    alone = {subject for subject, _ in sessions if (subject, "1") not in sessions}
    assert alone == {"03", "12", "16", "20", "21"}
    for recording in recordings[:: len(recordings) // 7]:
        part = Study(study.folder, **study.layout_of(recording))
        assert part.recordings() == [recording]
        assert part.raw_files(recording) == study.raw_files(recording)
        assert part.wav_files(recording.story) == study.wav_files(recording.story)
    wavs = {path.name for story in study.stories() for path in study.wav_files(story)}
    assert len(wavs) == 30
    assert wavs == known_wavs().keys() - {"lw1.wav"}


@pytest.mark.parametrize(
    ("sound", "name"),
    [
        ("stimuli/audio/lw1_0.0.wav", "lw1_0.wav"),
        ("stimuli/audio/The_Black_Willow_11.0.wav", "the_black_willow_11.wav"),
        ("stimuli/audio/Cable_spool_fort_3.wav", "cable_spool_fort_3.wav"),
    ],
)
def test_sounds_are_named_as_on_disk(sound, name):
    assert wav_name(sound) == name


@realdata.needed
def test_both_layouts_give_the_same_table(real, tmp_path):
    rows = pd.read_csv(real / FLAT, sep="\t", dtype=str, keep_default_na=False)
    rows["trial_type"] = rows.apply(describe, axis=1)
    rows = rows[["onset", "duration", "trial_type", "value", "sample"]]
    rows.to_csv(tmp_path / "events.tsv", sep="\t", index=False, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(read_events(tmp_path / "events.tsv"), read_events(real / FLAT))


@realdata.needed
def test_two_listeners_of_both_layouts_heard_the_same(real):
    assert "{'story'" in (real / DICTIONARIES).read_text(encoding="utf-8-sig")
    one, other = (read_events(real / name) for name in (FLAT, DICTIONARIES))
    heard = ["kind", "word", "word_index", "sequence_id", "sequence_text", "condition", "wav"]
    pd.testing.assert_frame_equal(one[heard], other[heard])
    assert (one["wav_start_s"] - other["wav_start_s"]).abs().max() < 1e-5
    assert one["kind"].value_counts()[["sound", "word"]].to_dict() == {"sound": 4, "word": 668}


def test_rows_out_of_order_give_the_same_table(small):
    before = read_events(small.events)
    small.change_table(small.events, lambda table: table.sample(frac=1, random_state=1))
    columns = ["start_s", "kind", "word", "wav_start_s"]
    order = before.sort_values(columns, ignore_index=True)
    after = read_events(small.events).sort_values(columns, ignore_index=True)
    pd.testing.assert_frame_equal(after, order)


def test_words_without_a_text_are_a_fault(small):
    def forget(table):
        texts = table["trial_type"].str.replace("'word':", "'wrd':")
        return table.assign(trial_type=texts)

    small.change_table(small.events, forget)
    with pytest.raises(InputError, match="a word in every row of the kind word, found none in row"):
        read_events(small.events)


def test_bad_channels_of_the_table_are_marked(small):
    def mark(table):
        table.loc[table["name"].isin(["MEG 003", "MEG 210"]), "status"] = "bad"
        return table

    small.change_table(small.channels, mark)
    raw = small.reader.load_raw(small.recording)
    assert len(raw.ch_names) == 208
    assert raw.info["bads"] == ["MEG 003"]


def test_another_file_in_place_of_a_published_wav_is_a_warning(small):
    stories = {"lw1": {"task": "0", "parts": 1}}
    study = Study(small.folder, **(small.layout | {"stories": stories}))
    small.wav.rename(small.wav.with_name("lw1_0.wav"))
    other_story, finding = study.check(study.recordings()[0])
    assert "tiny_tale" in other_story.found
    assert finding.severity == "warning"
    assert "lw1_0.wav: expected the published file, found another one" in finding.sentence
    assert "not 4228426 bytes" in finding.found
