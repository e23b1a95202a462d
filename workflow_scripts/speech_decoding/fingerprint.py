"""A fingerprint of the code that a script reaches.

Snakemake sees neither imported modules nor the content of scripts called through `shell:`. A rule
therefore carries this fingerprint among its params: it changes when the script, or any module of
the library that the script imports directly or indirectly, changes in what it does, or a data file
(a style sheet, a table) of theirs. Comments, docstrings, formatting, time stamps and the version of
Python do not count.
"""

import ast
import functools
import hashlib
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
PACKAGE = Path(__file__).resolve().parent.name


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
    digest = hashlib.sha256()
    for module in sorted(reached):
        digest.update(f"{module}\n{_read_module(module)[0]}\n".encode())
        for path in _data_files(module):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _read_module(module: str) -> tuple[str, tuple[str, ...]]:
    """Give what a module does, as text without comments and docstrings, and what it imports."""
    path = _path_of(module)
    tree = ast.parse(path.read_bytes(), filename=str(path))
    imported = {module.rpartition(".")[0]} if module.startswith(PACKAGE + ".") else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
        _drop_docstring(node)
    ours = {name for name in imported if name.split(".")[0] == PACKAGE and _exists(name)}
    return _write(tree), tuple(sorted(ours))


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


def _write(part: object) -> str:
    """Write a syntax tree as text; `ast.dump` writes the same code differently in every Python."""
    if isinstance(part, ast.AST):
        given = ((name, value) for name, value in ast.iter_fields(part) if value not in (None, []))
        fields = ",".join(f"{name}={_write(value)}" for name, value in given)
        return f"{type(part).__name__}({fields})"
    return f"[{','.join(map(_write, part))}]" if isinstance(part, list) else repr(part)


def _drop_docstring(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        body = node.body
        if (
            body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            node.body = body[1:]


def _path_of(module: str) -> Path:
    path = SCRIPTS.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _exists(module: str) -> bool:
    return _path_of(module).is_file()
