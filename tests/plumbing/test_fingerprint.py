"""The code fingerprint: it sees what changes the result, and nothing else."""

import ast
import shutil
from pathlib import Path

import pytest

from plumbing import fingerprint
from plumbing.code_text import code_text

FILES = {
    "job.py": '"""Say it."""\nfrom plumbing.errors import InputError\n'
    "from speech_decoding.alpha import one\n\none(1)\n",
    "speech_decoding/__init__.py": "",
    "speech_decoding/alpha.py": "def one():\n    from speech_decoding.group import beta\n\n"
    "    return beta.two()\n",
    "speech_decoding/group/__init__.py": "",
    "speech_decoding/group/beta.py": 'def two():\n    """Give two."""\n    return 2  # why\n',
    "speech_decoding/group/gamma.py": 'TABLE = "gamma.csv"\n',
    "speech_decoding/group/gamma.csv": "1",
    "speech_decoding/group/page.css": "a {}",
    "speech_decoding/unused.py": "x = 1\n",
    "plumbing/__init__.py": "",
    "plumbing/errors.py": "class InputError(Exception): pass\n",
    "speech_decoding/found_by_name.py": "x = 1\n",
    "speech_decoding/kinds/__init__.py": "",
    "speech_decoding/kinds/first.py": "from speech_decoding.unused import x\n",
    "speech_decoding/finder.py": "from plumbing import found_by_name\n\n"
    "every = found_by_name.modules_of('speech_decoding.kinds')\n",
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
        ("job.py", "one(1)", "one(2)"),
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
        ("plumbing/errors.py", "pass", "told = 1"),
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
    assert fresh("job") == "59725e5310f3130c"


def test_a_module_found_by_name_counts_when_it_is_named(scripts):
    before = fresh("job", "speech_decoding.found_by_name")
    (scripts / "speech_decoding/found_by_name.py").write_text("x = 2\n")
    assert fresh("job", "speech_decoding.found_by_name") != before
    assert before != fresh("job")


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("kinds/first.py", "y = 2\n", True),
        ("kinds/second.py", "y = 1\n", True),  # a new one
        ("kinds/__init__.py", "y = 1\n", True),
        ("unused.py", "x = 2\n", True),  # imported by one of them
        ("kinds/_private.py", "y = 1\n", False),
        ("kinds/deeper/__init__.py", "y = 1\n", False),
        ("kinds/deeper/third.py", "y = 1\n", False),
    ],
)
def test_every_module_of_a_package_that_is_searched_counts(scripts, name, text, counts):
    before = fresh("speech_decoding.finder")
    path = scripts / "speech_decoding" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert (fresh("speech_decoding.finder") != before) == counts


@pytest.mark.parametrize("given", ["name", "", "'speech_decoding.knids'", "__name__", "f'a.{b}'"])
def test_a_package_that_cannot_be_read_in_the_code_is_refused(scripts, given):
    (scripts / "speech_decoding/finder.py").write_text(f"every = modules_of({given})\n")
    with pytest.raises(ValueError, match=r"finder.py, line 1: write the package out"):
        fresh("speech_decoding.finder")


def test_it_does_not_depend_on_where_the_clone_lies(scripts, tmp_path_factory, monkeypatch):
    before = fresh("job")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a clone"
    shutil.copytree(scripts, elsewhere)
    monkeypatch.setattr(fingerprint, "SCRIPTS", elsewhere)
    assert fresh("job") == before


# ------------------------------------------------------------------------------------- sentences

# Each computes the same whatever stands in place of TEXT.
SENTENCES = [
    "raise ValueError('TEXT')",
    "raise ValueError(f'TEXT {x}')",
    "def f(x):\n    found = 'TEXT' if x else f'{x}'\n    raise InputError(found=found)",
    "def f(x):\n    step = 'TEXT'\n    wrong = _fault(step)\n    return InputError(x, wrong)\n"
    "def _fault(step):\n    return 'TEXT' + step",
    "_ADVICE = 'TEXT'\ndef f():\n    raise KeyError(_ADVICE)",
    "class BadFile(OSError):\n    def __init__(self, step='TEXT'):\n        super().__init__(step)",
    "def refused(x) -> InputError:\n    return make(x, 'TEXT')",
    "parser.add_argument('--x', type=int, help='TEXT')",
    "def f(x):\n    print(f'TEXT {x}')",
    "def f():\n    return [Finding.warning('x', found='TEXT')]",
    "import sys\nsys.exit('TEXT')",
]
# Each computes something else then.
COMPUTATIONS = [
    "def f():\n    return 'TEXT'",
    "def f(x):\n    word = 'TEXT'\n    if x:\n        raise InputError(word)\n    return word",
    "_NAME = 'TEXT'\ndef f():\n    raise KeyError(_NAME)\ndef g():\n    return _NAME",
    "NAME = 'TEXT'\ndef f():\n    raise KeyError(NAME)",  # others may import it
    "def _name():\n    return 'TEXT'\ndef f(x):\n    x[_name()] = 1\n    raise KeyError(_name())",
    "parser.add_argument('--TEXT', help='what')",
    "def f(x):\n    if x == 'TEXT':\n        raise ValueError('what')",
    "import sys\nsys.exit(len('TEXT') + 1) if x else g('TEXT')",
]


def text_of(code: str) -> str:
    return code_text(ast.parse(code))


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_may_be_reworded(code):
    assert text_of(code) == text_of(code.replace("TEXT", "another"))


@pytest.mark.parametrize("code", COMPUTATIONS)
def test_a_text_that_is_computed_with_may_not(code):
    assert text_of(code) != text_of(code.replace("TEXT", "another"))


LIBRARY = Path(fingerprint.SCRIPTS)
MODULES = sorted(
    path.relative_to(LIBRARY).as_posix()
    for package in (*fingerprint.PACKAGES, "plumbing", ".")
    for path in (LIBRARY / package).glob("*.py" if package == "." else "**/*.py")
)


def reworded(tree: ast.Module) -> ast.Module:
    """Reword what is raised, every argument of an InputError, and help texts."""
    for node in ast.walk(tree):
        parts = [node.exc] if isinstance(node, ast.Raise) and node.exc else []
        if isinstance(node, ast.Call):
            if ast.unparse(node.func).endswith("InputError"):
                parts = [*node.args, *node.keywords]
            parts += [keyword for keyword in node.keywords if keyword.arg == "help"]
        for text in (text for part in parts for text in ast.walk(part)):
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                text.value += ", in other words"
    return tree


@pytest.mark.parametrize("name", MODULES)
def test_no_error_sentence_and_no_help_text_counts(name):
    code = (LIBRARY / name).read_text(encoding="utf-8")
    assert code_text(reworded(ast.parse(code))) == text_of(code)


class OtherNumbers(ast.NodeTransformer):
    """Every number is another one, but for those of sentences."""

    changed = 0

    def visit_Raise(self, node):
        return node

    def visit_Call(self, node):
        told = ast.unparse(node.func).rpartition(".")[2]
        return node if told in ("InputError", "print") else self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            self.changed += 1
            return ast.Constant(node.value + 1)
        return node


@pytest.mark.parametrize("name", MODULES)
def test_every_number_counts(name):
    code = (LIBRARY / name).read_text(encoding="utf-8")
    other = OtherNumbers()
    changed = other.visit(ast.parse(code))
    assert (code_text(changed) != text_of(code)) == (other.changed > 0)
