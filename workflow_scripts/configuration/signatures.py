"""Which settings a class or function takes, read from its source and written as a JSON schema.

A parameter before the `*` comes from the workflow; one behind it is a setting. Its annotation says
which values it may have, its default whether it may be left out. Sources are read and not imported:
a dry run needs the settings of a speech model, and neither PyTorch nor the model.
"""

import ast
import functools
import importlib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from plumbing.errors import InputError
from plumbing.values import FilePath

Schema = dict[str, Any]

_SCRIPTS = Path(__file__).parents[1]
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


@dataclass(frozen=True)
class Parameter:
    """A setting: what its annotation evaluates to, and whether it must be given."""

    name: str
    annotation: Any
    required: bool


@dataclass(frozen=True)
class Signature:
    """The settings of a class or function; `where` names it in errors."""

    where: str
    parameters: tuple[Parameter, ...]

    @property
    def names(self) -> list[str]:
        """The names of all settings, in order."""
        return [one.name for one in self.parameters]

    @property
    def required(self) -> list[str]:
        """The names of those that have no default, in order."""
        return [one.name for one in self.parameters if one.required]

    def properties(self) -> dict[str, Schema]:
        """Give the JSON schema of each setting.

        Raises: InputError for a setting whose annotation says nothing of its values.
        """
        return {one.name: self._schema_of(one) for one in self.parameters}

    def _schema_of(self, parameter: Parameter) -> Schema:
        try:
            return schema_of(parameter.annotation)
        except TypeError as error:
            raise _unknown(f"{self.where}, {parameter.name}", str(error)) from None


@functools.cache
def read_signature(path: str) -> Signature:
    """Read the settings of a class or function.

    Parameters: path, of the module and of what is in it: "speech_decoding.studies.kit.open_con".
    Returns: what stands behind the `*` of the function or of the class's `__init__`, or the fields
    of a class without one, such as a dataclass.
    Raises: InputError if it is not there, or a setting has no annotation that can be understood.
    """
    module, _, name = path.rpartition(".")
    return _Definitions(module).signature(name)


@functools.cache
def modules_with(package: str, name: str) -> tuple[str, ...]:
    """Name the modules of a package that define the class `name`, sorted."""
    files = sorted(_SCRIPTS.joinpath(*package.split(".")).glob("*.py"))
    return tuple(
        file.stem
        for file in files
        if f"class {name}" in file.read_text(encoding="utf-8")  # most are not, and are not parsed
        and any(_names(node) == name for node in _tree(f"{package}.{file.stem}").body)
    )


def schema_of(annotation: Any) -> Schema:
    """Write the values that an annotation allows as a JSON schema.

    Raises: TypeError for an annotation of a kind that settings do not have.
    """
    if isinstance(annotation, Signature):
        return block_of([annotation])
    if annotation is None or annotation in _TYPES:
        return {"type": _TYPES[annotation or type(None)]}
    if annotation is Path:
        return schema_of(FilePath)
    kind, given = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        own = (one.schema() for one in given[1:])
        return functools.reduce(lambda schema, more: schema | more, own, schema_of(given[0]))
    if kind is Literal:
        return {"enum": list(given)}
    if kind in (Union, types.UnionType):
        ordered = sorted(given, key=lambda one: one is not type(None))
        return {"anyOf": [schema_of(one) for one in ordered]}
    if kind in (list, Sequence):
        return {"type": "array", "items": schema_of(given[0])}
    if kind is tuple:
        count = {"minItems": len(given), "maxItems": len(given)}
        return {"type": "array", "items": schema_of(given[0])} | count
    if kind in (dict, Mapping):
        key, value = map(schema_of, given)
        closed = {"propertyNames": key, "additionalProperties": value, "minProperties": 1}
        return {"type": "object"} | closed
    raise TypeError(f"the annotation {annotation}")


def block_of(signatures: Sequence[Signature], *, partial: bool = False) -> Schema:
    """Write the settings of one or more signatures as the schema of one closed block.

    A setting that several have may have any value that it has in one of them. Parameters: partial,
    whether required ones may be missing, as from a block that overrides another one.
    """
    kinds: dict[str, list[Schema]] = {}
    for signature in signatures:
        for name, kind in signature.properties().items():
            own = kinds.setdefault(name, [])
            own += [kind] if kind not in own else []
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [] if partial else [name for one in signatures for name in one.required],
        "properties": {
            name: own[0] if len(own) == 1 else {"anyOf": own} for name, own in kinds.items()
        },
    }


class _Definitions(Mapping[str, Any]):
    """The names at the top of a module, evaluated when they are asked for.

    Names of other modules of ours are looked up in their sources; all others, of the standard
    library or of plumbing, are imported.
    """

    def __init__(self, module: str):
        self._module = module
        self._nodes = {_names(node): node for node in _tree(module).body if _names(node)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __getitem__(self, name: str) -> Any:
        if name in self._nodes:
            node = self._nodes[name]
            return (
                self.signature(name) if isinstance(node, ast.ClassDef) else self._value(node.value)
            )
        for node in ast.walk(_tree(self._module)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return _imported(node, alias.name)
        raise KeyError(name)  # one of Python's own, or none

    def signature(self, name: str) -> Signature:
        """Give the settings of the class or function `name` of the module."""
        where = f"{self._module}.{name}"
        node = self._nodes.get(name)
        if isinstance(node, ast.ClassDef):
            inside = {_names(one): one for one in node.body}
            node = inside.get("__init__") or node
        if isinstance(node, ast.ClassDef):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            found = [(one.target.id, one.annotation, one.value) for one in fields]
        elif isinstance(node, ast.FunctionDef):
            defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            found = [(one.arg, one.annotation, default) for one, default in defaults]
        else:
            raise _unknown(where, "none of that name")
        settings = (
            Parameter(setting, self._annotation(f"{where}, {setting}", annotation), default is None)
            for setting, annotation, default in found
        )
        return Signature(where, tuple(settings))

    def _annotation(self, where: str, annotation: ast.expr | None) -> Any:
        if annotation is None:
            raise _unknown(where, "no annotation")
        try:
            return self._value(annotation)
        except (AttributeError, KeyError, NameError, TypeError) as error:
            raise _unknown(where, f"{ast.unparse(annotation)} ({error})") from None

    def _value(self, expression: ast.expr) -> Any:
        return eval(compile(ast.Expression(expression), self._module, "eval"), {}, self)


def _imported(node: ast.Import | ast.ImportFrom, name: str) -> Any:
    if isinstance(node, ast.Import):
        return importlib.import_module(name)
    if node.module.partition(".")[0] in ("speech_decoding", "simulation"):
        return _Definitions(node.module)[name]
    return getattr(importlib.import_module(node.module), name)


@functools.cache
def _tree(module: str) -> ast.Module:
    folder = _SCRIPTS.joinpath(*module.split("."))
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (OSError, SyntaxError) as error:
        raise _unknown(module, f"{type(error).__name__}: {error}") from None


def _names(node: ast.stmt) -> str | None:
    """Give the name that a statement defines, None if it defines none or several."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return getattr(node.targets[0], "id", None)
    return None


def _unknown(where: str, found: str) -> InputError:
    return InputError(
        where,
        expected="settings with annotations that plumbing/values.py names",
        found=found,
        consequence="it is not known what config.yaml may hold for them",
        next_step="correct the signature",
    )
