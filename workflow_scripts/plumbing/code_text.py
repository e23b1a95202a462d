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
# Of all nodes, those that may tell something, and those that read or give a name.
_TELLING = (
    *(ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef),
    *(ast.Raise, ast.Call),
)
_NAMING = (ast.Name, ast.Attribute, ast.Assign)


def code_text(tree: ast.Module) -> str:
    """Write what a module does; the same in every version of Python. Changes the tree."""
    for part in _sentences(tree):
        _blank(part)
    pieces: list[str] = []
    _write(tree, pieces)
    return "".join(pieces)


def _sentences(tree: ast.Module) -> list[ast.AST]:
    """Find the parts of a module whose texts are sentences, and drop its docstrings.

    These are what is raised, errors and what gives them, and the arguments of calls that tell
    something; and whatever gives its value to a name that is read in sentences alone: a variable of
    a function, a private constant or function of the module.
    """
    parts: list[ast.AST] = []
    scopes: list[_Scope] = []
    waiting: list[tuple[ast.AST, tuple[_Scope, ...]]] = [(tree, ())]
    while waiting:  # a node, and the scopes around it
        node, around = waiting.pop()
        if isinstance(node, _TELLING):
            _drop_docstring(node)
            parts += _told(node)
        if isinstance(node, _Function) and node.name.startswith("_"):
            scopes[0].given.append(([node.name], node))
        if isinstance(node, ast.Module | _Function):
            scopes.append(_Scope())
            around = (*around, scopes[-1])
        if isinstance(node, _NAMING):
            _note(node, around, at_the_top=len(around) == 1 and node in tree.body)
        waiting += [(child, around) for child in ast.iter_child_nodes(node)]
    inside = {id(node) for part in parts for node in ast.walk(part)}
    while found := [part for scope in scopes for part in scope.leading_to(inside)]:
        parts += found
        inside.update(id(node) for part in found for node in ast.walk(part))
    return parts


class _Scope:
    """A module or a function: which names are read in it, and what gives names their value."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, int]] = []  # a name, and the number of its node
        self.given: list[tuple[list[str], ast.AST]] = []

    def leading_to(self, inside: set[int]) -> Iterator[ast.AST]:
        """Give what gives its value to names that are read in the nodes `inside` alone."""
        times = Counter(name for name, _ in self.reads)
        told = Counter(name for name, node in self.reads if node in inside)
        for names, value in self.given:
            if id(value) not in inside and all(
                name in told and told[name] == times[name] for name in names
            ):
                yield value


def _note(node: ast.AST, around: tuple[_Scope, ...], *, at_the_top: bool) -> None:
    """Note in the scopes around a node which name it reads, or to which it gives a value."""
    if isinstance(node, ast.Name | ast.Attribute):
        if isinstance(node.ctx, ast.Load):
            for scope in around:
                scope.reads.append((last_name(node), id(node)))
    elif isinstance(node, ast.Assign):
        names = [last_name(target) for target in node.targets]
        private = at_the_top and all(name.startswith("_") for name in names)
        for scope in around if private else around[1:]:
            if all(names):
                scope.given.append((names, node.value))


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


def _blank(part: ast.AST) -> None:
    """Empty all texts in a part; an f-string loses what it shows as well."""
    for node in ast.walk(part):
        if isinstance(node, ast.JoinedStr):
            node.values = []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""


def _write(part: object, pieces: list[str]) -> None:
    """Write a syntax tree piece by piece; `ast.dump` differs between versions of Python."""
    if isinstance(part, ast.JoinedStr) and not part.values:
        part = ast.Constant("")
    if isinstance(part, ast.AST):
        pieces.append(f"{type(part).__name__}(")
        for name in part._fields:
            value = getattr(part, name, None)
            if value is not None and value != []:
                pieces.append(f"{name}=")
                _write(value, pieces)
                pieces.append(",")
        pieces.append(")")
    elif isinstance(part, list):
        pieces.append("[")
        for one in part:
            _write(one, pieces)
            pieces.append(",")
        pieces.append("]")
    else:
        pieces.append(repr(part))
