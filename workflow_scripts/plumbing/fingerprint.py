"""A fingerprint of the code that a script reaches.

Snakemake sees neither imported modules nor the content of scripts called through `shell:`. A rule
therefore carries this fingerprint among its params: it changes when the script, or any module that
it imports directly or indirectly, changes in what it does, or a data file (a style sheet, a table)
of theirs. Where modules are found by name, `found_by_name.modules_of("a.package")`, every module of
the package counts, and so does a new one.

Comments, docstrings, formatting, time stamps, the version of Python and the sentences of errors and
help texts do not count. Nor does what lies beside the library (`plumbing`), which computes nothing:
where it changes the bytes of files, `FORMAT` is raised.
"""

import ast
import functools
import hashlib
from pathlib import Path

from plumbing.code_text import code_text, last_name
from plumbing.found_by_name import modules_of, names_in

SCRIPTS = Path(__file__).resolve().parents[1]
# The packages whose code computes what lies in a file, and modules of which are found by import.
PACKAGES = ("speech_decoding", "simulation", "download")
# Raised when the code of this package writes other bytes for the same values.
FORMAT = 1


def code_fingerprint(*entries: str) -> str:
    """Hash the code reached from `entries`.

    Parameters: entries, script names ("train_decoder") or dotted module names
    ("speech_decoding.studies.gwilliams") below the scripts' folder.
    Returns: 16 hexadecimal digits.
    Source: the traps of Snakemake's code trigger (imported modules are never seen).
    """
    reached: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting.extend(_read_module(module)[1])
    digest = hashlib.sha256(f"format {FORMAT}\n".encode())
    for module in sorted(reached):
        digest.update(f"{module}\n{_read_module(module)[0]}\n".encode())
        for path in _data_files(module):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _read_module(module: str) -> tuple[str, tuple[str, ...]]:
    """Give what a module does, as text and the modules that it imports."""
    path = _path_of(module)
    tree = ast.parse(path.read_bytes(), filename=str(path))
    imported = {module.rpartition(".")[0]} - {""}  # the package's __init__
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and last_name(node.func) == modules_of.__name__:
            imported.update(_found_by_name(node, path))
    ours = {name for name in imported if name.split(".")[0] in PACKAGES and _exists(name)}
    return code_text(tree), tuple(sorted(ours))


def _found_by_name(call: ast.Call, path: Path) -> list[str]:
    """List the modules of the package that a call of `modules_of` names."""
    package = call.args[0] if call.args else None
    if not isinstance(package, ast.Constant) or not _exists(str(package.value)):
        raise ValueError(f"{path}, line {call.lineno}: write the package out, in quotation marks")
    names = names_in(_path_of(package.value).parent)
    return [package.value, *(f"{package.value}.{name}" for name in names)]


@functools.cache
def _data_files(module: str) -> tuple[Path, ...]:
    """List the data files beside a module that it names; of a package, those that none names."""
    path = _path_of(module)
    files = sorted(f for f in path.parent.iterdir() if f.is_file() and f.suffix != ".py")
    if path.name != "__init__.py":
        return tuple(file for file in files if file.name in _read_module(module)[0])
    siblings = [f"{module}.{f.stem}" for f in path.parent.glob("*.py") if f != path]
    named = {file for sibling in siblings for file in _data_files(sibling)}
    return tuple(file for file in files if file not in named)


def _path_of(module: str) -> Path:
    path = SCRIPTS.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(module: str) -> bool:
    return _path_of(module).is_file()
