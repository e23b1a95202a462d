"""A journal gives back what was put, whatever happened to the process that wrote it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from download.journal import Journal

entries = st.lists(st.tuples(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5))))


@given(entries, st.integers(0, 40))
def test_a_cut_journal_loses_its_last_entry_only(tmp_path_factory, written, cut):
    path = tmp_path_factory.mktemp("journal") / "a" / "journal.jsonl"
    journal = Journal(path)
    for key, value in written:
        journal.put(key, value)
    if not written:
        return
    size = path.stat().st_size
    kept = size - min(cut, len(json.dumps(written[-1])))
    with path.open("rb+") as stream:
        stream.truncate(kept)
    again = Journal(path)
    again.put("after", 1)
    whole = written if kept == size else written[:-1]
    expected = dict(whole) | {"after": 1}
    reread = Journal(path)
    assert {key: reread.get(key) for key in expected} == expected


def test_discarded(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.put("a", 1)
    journal.discard()
    assert journal.get("a") is None
    assert Journal(journal.path).get("a") is None
