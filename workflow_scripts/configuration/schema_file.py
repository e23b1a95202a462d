"""What the configuration may hold: rules/config.schema.yaml, completed from signatures.

Besides the keywords of JSON schema, a node of the file may have one of these. A `*` in a path
stands for every module of the package that defines the class.

* `module_with: speech_decoding.studies.*.Study`: the name of such a module.
* `module_of: speech_decoding.controls.trained`: the name of a module of the package.
* `keywords_of: [speech_decoding.studies.brennan.Study]`: a block of the settings of these classes
  or functions. With `{reader}` in the path, those of the module that the key `reader` beside the
  block names; where there is no such module, there is no such block either.
* `some_keywords_of`: the same without those that are not set here but in a block that this one
  overrides.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from configuration.signatures import Schema, Signature, block_of, modules_with, read_signature
from plumbing.found_by_name import names_of

_NOWHERE = {"not": {}, "description": "no such block, since nothing has its settings"}


@functools.cache
def read_schema(path: str | Path) -> Schema:
    """Read a schema file; gives JSON schema alone, in which `$ref` stays as it is.

    Raises: InputError for a signature that it names and that cannot be understood.
    """
    content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return _completed(content)


def known_modules(path: str) -> tuple[str, ...]:
    """Name the modules that the `*` in a path such as `speech_decoding.studies.*.Study` can be."""
    package, _, name = path.partition(".*.")
    return modules_with(package, name)


def _completed(node: Any) -> Any:
    if isinstance(node, list):
        return [_completed(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = dict(node)
    chosen = {
        key: inner["keywords_of"]
        for key, inner in node.get("properties", {}).items()
        if isinstance(inner, dict) and "{" in str(inner.get("keywords_of"))
    }
    if chosen:
        node["properties"] = node["properties"] | {key: {} for key in chosen}
        node["allOf"] = [one for key, path in chosen.items() for one in _by_name(node, key, path)]
    if "module_with" in node:
        node["enum"] = list(known_modules(node.pop("module_with")))
    if "module_of" in node:
        node["enum"] = names_of(node.pop("module_of"))
    for word, partial in (("keywords_of", False), ("some_keywords_of", True)):
        if word in node:
            block = block_of(list(_signatures(node.pop(word))), partial=partial)
            own = node.get("properties", {})
            node = block | node | {"properties": block["properties"] | own}
    return {key: _completed(inner) for key, inner in node.items()}


def _by_name(node: Schema, key: str, path: str) -> Iterator[Schema]:
    """Give the schemas of a block for each module that the key in braces may name."""
    before, _, rest = path.partition("{")
    choice, _, after = rest.partition("}")
    defined = known_modules(f"{before}*{after}")
    for name in known_modules(node["properties"][choice]["module_with"]):
        block = {"keywords_of": f"{before}{name}{after}"} if name in defined else _NOWHERE
        yield {
            "if": {"properties": {choice: {"const": name}}},
            "then": {"properties": {key: block}},
        }


def _signatures(paths: str | list[str]) -> Iterator[Signature]:
    for path in [paths] if isinstance(paths, str) else paths:
        before, star, after = path.partition("*")
        for name in known_modules(path) if star else ("",):
            yield read_signature(before + name + after)
