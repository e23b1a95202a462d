"""Damaged tables of events are read as they stand or told in a sentence."""

import json

import numpy as np
import pandas as pd
import pytest

from plumbing.errors import InputError
from speech_decoding.recordings.event_checks import check_events
from speech_decoding.recordings.story_words import sum_up_words
from speech_decoding.studies import EVENT_COLUMNS
from speech_decoding.studies.gwilliams_tables import check_onsets, read_events
from tests.fuzz.budget import tries
from tests.fuzz.mutations import mutate

ROWS = 40
ODD = ("", "n/a", '"', "'", "\t", "\n", "\r", "\0", "nan", "inf", "-1", "1e999", "1e-3", "0x1", "é")
ODD += ("{", "}", "{}", "[" * 300, "'kind'", "None", "True", "9" * 5000, "1_0", "\ufeff", "\u2028")
DESCRIBED = ("kind", "start", "sound", "word", "phoneme", "word_index", "sequence_id", "condition")


@pytest.fixture(scope="module")
def contents(intact) -> list[bytes]:
    """The first rows of a table in both of its layouts."""
    lines = intact.events.read_text(encoding="utf-8-sig").splitlines()[: ROWS + 1]
    described = [line.split("\t") for line in lines]
    header = "\t".join([*described[0], *DESCRIBED])
    rows = []
    for cells in described[1:]:
        said = json.loads(cells[2].replace("'", '"'))
        rows.append("\t".join([*cells, *(str(said.get(name, "n/a")) for name in DESCRIBED)]))
    return ["\n".join(text).encode() for text in (lines, [header, *rows])]


def damage(random, content: bytes) -> bytes:
    match random.randrange(4):
        case 0:
            return mutate(random, content)
        case 1:
            encoding = random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"])
            return content.decode().encode(encoding)
        case _:
            cells = [line.split("\t") for line in content.decode().split("\n")]
            for _ in range(random.randint(1, 3)):
                row = random.choice(cells)
                row[random.randrange(len(row))] = random.choice(ODD)
            return "\n".join("\t".join(row) for row in cells).encode()


def read(path) -> bool:
    """Read a table as the checks do; give whether it can be read."""
    try:
        findings = check_onsets(path)
        events = read_events(path)
    except InputError as error:
        assert "\n" not in str(error)
        return False
    assert list(events.columns) == list(EVENT_COLUMNS)
    for column in ("start_s", "duration_s", "wav_start_s"):
        assert not np.isinf(events[column]).any()
    findings += check_events(events, path, duration_s=60)
    json.dumps([vars(finding) for finding in findings], allow_nan=False)
    json.dumps(sum_up_words(events), allow_nan=False)
    return True


def test_intact_tables_say_the_same(contents, tmp_path):
    tables = []
    for content in contents:
        (tmp_path / "events.tsv").write_bytes(content)
        assert read(tmp_path / "events.tsv")
        tables.append(read_events(tmp_path / "events.tsv"))
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.long
def test_damaged_tables_are_read_or_told(contents, tmp_path):
    path, ends = tmp_path / "events.tsv", set()
    for number, random in tries():
        path.write_bytes(damage(random, random.choice(contents)))
        try:
            ends.add(read(path))
        except Exception as error:
            raise AssertionError(f"try {number}") from error
    assert ends == {True, False}
