"""The code fingerprint: it sees what changes the result, and nothing else."""

import shutil

import pytest

from speech_decoding import fingerprint

FILES = {
    "job.py": '"""Say it."""\nfrom speech_decoding.alpha import one\n\nprint(one())\n',
    "speech_decoding/__init__.py": "",
    "speech_decoding/alpha.py": "def one():\n    from speech_decoding.group import beta\n\n"
    "    return beta.two()\n",
    "speech_decoding/group/__init__.py": "",
    "speech_decoding/group/beta.py": 'def two():\n    """Give two."""\n    return 2  # why\n',
    "speech_decoding/group/gamma.py": 'TABLE = "gamma.csv"\n',
    "speech_decoding/group/gamma.csv": "1",
    "speech_decoding/group/page.css": "a {}",
    "speech_decoding/unused.py": "x = 1\n",
    "speech_decoding/found_by_name.py": "x = 1\n",
}


EVERY_PYTHON = """
import json as j
async def f(a, /, b: int = 0, *c, d=None, **e) -> "x":
    with open(a) as g, g: return [h async for h in b if not h]
class K(dict, metaclass=type):
    x: int = 1
    match = lambda self: f"{self!r:>3} {'y'}"
try: pass
except* (ValueError, KeyError) as error: raise j from error
else: del j
match K:
    case {"a": [1, *_], **k} | K(x=-1.5j): k[1:, ...] @= b"z"
"""


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(fingerprint, "SCRIPTS", tmp_path)
    yield tmp_path
    fingerprint._read_module.cache_clear()
    fingerprint._data_files.cache_clear()


def fresh(*entries: str) -> str:
    fingerprint._read_module.cache_clear()
    fingerprint._data_files.cache_clear()
    return fingerprint.code_fingerprint(*entries)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("job.py", "print(one())", "print(one() + 1)"),
        ("speech_decoding/alpha.py", "beta.two()", "beta.two() + 0"),
        ("speech_decoding/group/beta.py", "return 2", "return 3"),
        ("speech_decoding/group/beta.py", "return 2", "return 0"),
        ("speech_decoding/group/page.css", "a {}", "b {}"),
        ("speech_decoding/__init__.py", "", "y = 1"),
    ],
)
def test_a_change_of_what_is_reached_is_seen(scripts, name, old, new):
    before = fresh("job")
    path = scripts / name
    path.write_text(path.read_text().replace(old, new, 1))
    assert fresh("job") != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("job.py", "Say it.", "Say it louder."),
        ("speech_decoding/group/beta.py", "# why", "# because"),
        ("speech_decoding/group/beta.py", "return 2", "return  2"),
        ("speech_decoding/unused.py", "x = 1", "x = 2"),
        ("speech_decoding/found_by_name.py", "x = 1", "x = 2"),
    ],
)
def test_other_changes_are_not(scripts, name, old, new):
    before = fresh("job")
    path = scripts / name
    path.write_text(path.read_text().replace(old, new, 1))
    assert fresh("job") == before


def test_values_that_count_as_false_are_told_apart(scripts):
    path, codes = scripts / "job.py", []
    for value in ("0", "False", "None", "''", "()", "0.0"):
        path.write_text(f"x = {value}\n")
        codes.append(fresh("job"))
    assert len(set(codes)) == len(codes)


def test_a_table_counts_with_the_module_that_names_it(scripts):
    job, gamma = fresh("job"), fresh("speech_decoding.group.gamma")
    (scripts / "speech_decoding/group/gamma.csv").write_text("2")
    assert fresh("job") == job
    assert fresh("speech_decoding.group.gamma") != gamma


def test_it_is_the_same_in_every_python(scripts):
    """Written down once, so that another interpreter that computes it differently is noticed."""
    (scripts / "job.py").write_text(EVERY_PYTHON)
    assert fresh("job") == "aa47db3f66abc42f"


def test_a_module_found_by_name_counts_when_it_is_named(scripts):
    before = fresh("job", "speech_decoding.found_by_name")
    (scripts / "speech_decoding/found_by_name.py").write_text("x = 2\n")
    assert fresh("job", "speech_decoding.found_by_name") != before
    assert before != fresh("job")


def test_it_does_not_depend_on_where_the_clone_lies(scripts, tmp_path_factory, monkeypatch):
    before = fresh("job")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a clone"
    shutil.copytree(scripts, elsewhere)
    monkeypatch.setattr(fingerprint, "SCRIPTS", elsewhere)
    assert fresh("job") == before
