"""What a module does, as text: without comments, docstrings, formatting and sentences for people.

A sentence is a text that only ever reaches a reader: of an error, of a help text, of a message. It
may be reworded without anything being computed anew.
"""

import ast
from collections import Counter
from collections.abc import Iterator

# Calls whose texts are sentences, by the last part of what is called; those of errors as well.
_TOLD = {"ArgumentParser", "Interrupted", "exit", "fault", "print", "warning"}
_HELP = {"description", "epilog", "help", "metavar"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def code_text(tree: ast.Module) -> str:
    """Write what a module does; the same in every version of Python. Changes the tree."""
    for node in ast.walk(tree):
        _drop_docstring(node)
    for part in _sentences(tree):
        _blank(part)
    return _write(tree)


def _drop_docstring(node: ast.AST) -> None:
    if isinstance(node, ast.Module | ast.ClassDef | _Function):
        body = node.body
        if (
            body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            node.body = body[1:]


def _sentences(tree: ast.Module) -> list[ast.AST]:
    """Find the parts of a module whose texts are sentences.

    These are what is raised, errors and what gives them, and the arguments of calls that tell
    something; and whatever gives its value to a name that is read in sentences alone: a variable of
    a function, a private constant or function of the module.
    """
    parts = [part for node in ast.walk(tree) for part in _told(node)]
    while True:
        found = list(_leading_to(tree, parts))
        if len(found) == len(parts):
            return parts
        parts = found


def _told(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise) and node.exc is not None:
        yield node.exc
    elif isinstance(node, ast.ClassDef | _Function):
        gives = node.bases if isinstance(node, ast.ClassDef) else [node.returns]
        if any(map(_is_error, gives)):
            yield node
    elif isinstance(node, ast.Call):
        if last_name(node.func) in _TOLD or _is_error(node.func):
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
        yield from (keyword.value for keyword in node.keywords if keyword.arg in _HELP)


def _is_error(node: ast.AST | None) -> bool:
    return last_name(node).endswith(("Error", "Exception"))


def last_name(node: ast.AST | None) -> str:
    """Give the last part of a dotted name, an empty text for anything else."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _leading_to(tree: ast.Module, parts: list[ast.AST]) -> Iterator[ast.AST]:
    """Give the parts, and what gives its value to a name that is read nowhere else."""
    yield from parts
    known = {id(part) for part in parts}
    inside = {id(node) for part in parts for node in ast.walk(part)}
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.Module | _Function):
            continue
        read, told = Counter(_reads(scope)), Counter(_reads(scope, inside))
        only_told = {name for name, times in told.items() if times == read[name]}
        for names, value in _given(scope, tree):
            if names and set(names) <= only_told and id(value) not in known:
                known.add(id(value))
                yield value


def _given(scope: ast.AST, tree: ast.Module) -> Iterator[tuple[list[str], ast.AST]]:
    """Give the names of a scope that sentences may be made of, and what gives them their value."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and (scope is not tree or node in tree.body):
            names = [last_name(target) for target in node.targets]
            if scope is not tree or all(name.startswith("_") for name in names):
                yield names, node.value
        elif isinstance(node, _Function) and scope is tree and node.name.startswith("_"):
            yield [node.name], node


def _reads(scope: ast.AST, within: set[int] | None = None) -> Iterator[str]:
    """Give each name that is read in a scope, as often as it is; only in the nodes `within`."""
    for node in ast.walk(scope):
        if within is not None and id(node) not in within:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr  # a private method


def _blank(part: ast.AST) -> None:
    """Empty all texts in a part; an f-string loses what it shows as well."""
    for node in ast.walk(part):
        if isinstance(node, ast.JoinedStr):
            node.values = []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""


def _write(part: object) -> str:
    """Write a syntax tree as text; `ast.dump` writes the same code differently in every Python."""
    if isinstance(part, ast.JoinedStr) and not part.values:
        part = ast.Constant("")
    if isinstance(part, ast.AST):
        given = ((name, value) for name, value in ast.iter_fields(part) if value not in (None, []))
        fields = ",".join(f"{name}={_write(value)}" for name, value in given)
        return f"{type(part).__name__}({fields})"
    return f"[{','.join(map(_write, part))}]" if isinstance(part, list) else repr(part)
