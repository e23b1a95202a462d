"""Files of settings, read so strictly that nothing in them means something else than it says.

Snakemake reads the same files for the values; what it would take in silence, or end with a
traceback for, is refused here first.
"""

import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from plumbing.errors import InputError

Settings = dict[str, Any]

_SUFFIXES = (".yaml", ".yml", ".json")
# They make code of a file and change the paths of rules.
_SNAKEMAKES_OWN = {"__use_yte__", "pathvars"}
# Far above any real file, and reached at once by a few lines of aliases of aliases.
_MOST_VALUES = 100_000
_DEEPEST = 20  # blocks inside each other; the deepest setting lies in six

_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_KINDS = {
    f"{_TAG}int": "a number",
    f"{_TAG}float": "a number",
    f"{_TAG}bool": "true or false",
    f"{_TAG}null": "nothing",
    f"{_TAG}timestamp": "a date",
    f"{_TAG}value": "a sign of its own",
    f"{_TAG}binary": "bytes",
}
_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")


def require_options(files: Sequence[str], entries: Sequence[str]) -> None:
    """Check what was given to Snakemake's `--configfile` and `--config`.

    Both take every name behind them, also one that is to be made.

    Parameters: files, names of files of settings; entries, `name=value`.
    Raises: InputError for a name that is to be made, a file that `read_config_file` refuses, and
    an entry that Snakemake would end with a traceback for.
    """
    for number, path in enumerate(files):
        if number and not path.endswith(_SUFFIXES):
            expected = f"{' or '.join(_SUFFIXES)} at the end of every name behind --configfile"
            raise _behind("--configfile", path, expected, files[:number])
        read_config_file(path)
    for number, entry in enumerate(entries):
        name, joined, _ = entry.partition("=")
        if not joined:
            raise _behind("--config", entry, "name=value behind --config", entries[:number])
        if name == "pathvars" or not re.fullmatch(r"[a-zA-Z_][\w-]*\w", name):
            found = f"the name {name!r}"
            raise _refused(f"--config {entry}", "a block of config.yaml", found, "remove it")


def read_config_file(path: str | Path) -> Settings:
    """Read a file of settings, JSON or YAML.

    Returns: its blocks; the values are texts, whole and finite numbers, true, false, None, lists,
    and mappings from text.
    Raises: InputError, which names the line, for a file that cannot be read or is no mapping, a key
    that is no text or stands twice, a value of another kind, and a number in a notation that YAML
    reads as another one.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{error.object[error.start]:02x} at {error.start}"
        raise _refused(path, "text in UTF-8", found, "save it in UTF-8") from None
    except (OSError, ValueError) as error:
        found = "no such file" if isinstance(error, FileNotFoundError) else _reason(error)
        raise _refused(path, "a file of settings", found, "correct its name") from None
    try:
        content = _read_json(path, text)
    except ValueError:  # no JSON
        content = _YamlReader(path).read(text)
    except RecursionError:
        raise _too_deep(path) from None
    if not isinstance(content, dict):
        kind = "a list" if isinstance(content, list) else f"the value {content!r}"[:60]
        raise _refused(path, "blocks of settings, such as `training:`", kind, "write one")
    for key in sorted(content.keys() & _SNAKEMAKES_OWN):
        raise _refused(path, "settings", f"the key {key}, to which Snakemake listens", "remove it")
    return content


def _read_json(path: str | Path, text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> Settings:
        block = dict(pairs)
        if len(block) < len(pairs):
            names = [name for name, _ in pairs]
            raise _twice(path, next(name for name in names if names.count(name) > 1))
        return block

    def refuse(constant: str) -> None:
        raise _refused(path, "finite numbers", constant, "write a number")

    def finite(digits: str) -> float:
        return number if math.isfinite(number := float(digits)) else refuse(digits)

    content = json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=finite)
    if _depth(content) > _DEEPEST:
        raise _too_deep(path)
    return content


class _YamlReader:
    """The reader of one file; `_path` is named in what it raises."""

    def __init__(self, path: str | Path):
        self._path = path
        self._count = 0

    def read(self, text: str) -> Any:
        try:
            self._require_shallow(text)
            loader = yaml.CSafeLoader(text)
            node = loader.get_single_node()
            if node is None:
                raise _refused(self._path, "blocks of settings", "nothing", "write one, or drop it")
            self._require_plain(loader, node, inside=())
            return loader.construct_document(node)
        except (yaml.YAMLError, ValueError, TypeError, KeyError) as error:
            mark = getattr(error, "problem_mark", None)
            said = getattr(error, "problem", None) or _reason(error)
            where = f"{self._path}, line {mark.line + 1}" if mark else self._path
            step = "correct the line: blanks, no tabs, before a key, and quotes around : and #"
            raise _refused(where, "YAML", f"a mistake: {said}", step) from None

    def _require_shallow(self, text: str) -> None:
        """Raise InputError for too many blocks inside each other, before any is put together.

        Read as Snakemake will, which refuses some tabs that the faster CSafeLoader takes.
        """
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise _too_deep(f"{self._path}, line {event.start_mark.line + 1}")

    def _require_plain(
        self, loader: yaml.CSafeLoader, node: yaml.Node, *, inside: tuple[yaml.Node, ...]
    ) -> None:
        """Raise InputError for what settings do not need; `inside`, the nodes around this one."""
        self._count += 1
        if self._count > _MOST_VALUES:
            found = f"more than {_MOST_VALUES}, counted with what aliases repeat"
            raise _refused(self._path, "fewer values", found, "remove aliases")
        if any(node is outer for outer in inside):
            raise self._refuse(node, "a value", "an alias of what it is part of", "remove it")
        if len(inside) > _DEEPEST:
            raise _too_deep(f"{self._path}, line {node.start_mark.line + 1}")
        within = (*inside, node)
        if isinstance(node, yaml.MappingNode):
            self._require_keys(node)
            for key, value in node.value:
                self._require_plain(loader, value, inside=within)
                if key.tag == _MERGE and not isinstance(value, yaml.MappingNode):
                    self._require_blocks(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._require_plain(loader, value, inside=within)
        else:
            self._require_scalar(loader, node)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            raise self._refuse(node, "a list or a block", node.tag, "remove the tag")

    def _require_keys(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            if key.tag != f"{_TAG}str":
                kind = _KINDS.get(key.tag, "no text")
                told = f"{key.value}, which YAML reads as {kind}" if _is_short(key) else kind
                step = f'write "{key.value}", in quotation marks' if _is_short(key) else "remove it"
                raise self._refuse(key, "a name", told, step)
            if key.value in seen:
                raise _twice(f"{self._path}, line {key.start_mark.line + 1}", key.value)
            seen.add(key.value)

    def _require_blocks(self, node: yaml.Node) -> None:
        blocks = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(block, yaml.MappingNode) for block in blocks):
            raise self._refuse(node, "an alias of a block after <<", "no block", "correct it")

    def _require_scalar(self, loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> None:
        text, kind = node.value, node.tag.removeprefix(_TAG)
        if kind not in ("str", "int", "float", "bool", "null"):
            told = f"{text}, which YAML reads as {_KINDS.get(node.tag, node.tag)}"
            step = f'write "{text}", in quotation marks'
            raise self._refuse(node, "a text or a number", told, step)
        if kind == "int" and not _PLAIN_INTEGER.fullmatch(text):
            number = loader.construct_object(node)
            told = f"{text}, which YAML reads as {number}"
            step = f'write {number}, or "{text}" in quotation marks if it is a name'
            raise self._refuse(node, "a number without leading zeros or other signs", told, step)
        if kind == "float" and (
            re.search("[_:]", text) or not math.isfinite(loader.construct_object(node))
        ):
            raise self._refuse(node, "a finite number", text, "write one of digits and a point")

    def _refuse(self, node: yaml.Node, expected: str, found: str, step: str) -> InputError:
        return _refused(f"{self._path}, line {node.start_mark.line + 1}", expected, found, step)


def source_of(sources: Mapping[str, Settings], path: Iterable[str]) -> str:
    """Name the source that the value of a setting is from.

    Parameters: sources, contents by name; what a later one holds counts; path, the keys that lead
    to the setting.
    Returns: the last source that holds the setting. Where none does, the first one that holds the
    innermost block in which it is missing; config.yaml, if no block around it is held either.
    """
    path = tuple(path)
    for length in range(len(path), 0, -1):
        holding = [name for name, content in sources.items() if holds(content, path[:length])]
        if holding:
            return holding[-1 if length == len(path) else 0]
    return next((name for name in sources if Path(name).name == "config.yaml"), next(iter(sources)))


def holds(content: Any, path: Iterable[str]) -> bool:
    """Tell whether nested settings have a value, or an item of a list, at the keys of `path`."""
    for key in path:
        if isinstance(content, list) and key.isdecimal() and int(key) < len(content):
            content = content[int(key)]
        elif isinstance(content, Mapping) and key in content:
            content = content[key]
        else:
            return False
    return True


def _behind(option: str, name: str, expected: str, others: Sequence[str]) -> InputError:
    named = shlex.join(others) or f"{option.removeprefix('--')}..."
    return InputError(
        f"{option} {name}",
        expected=expected,
        found="something else",
        consequence="what is to be made was taken for settings",
        next_step=f"write `snakemake {name} {option} {named}`",
    )


def _is_short(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and len(node.value) <= 40


def _depth(content: Any) -> int:
    inner = content.values() if isinstance(content, dict) else content
    return 1 + max(map(_depth, inner), default=0) if isinstance(content, dict | list) else 0


def _twice(where: object, name: str) -> InputError:
    return _refused(where, "every key once", f"a second {name!r}", "remove one of them")


def _too_deep(path: object) -> InputError:
    found = f"more than {_DEEPEST} inside each other"
    return _refused(path, "lists and blocks as in config.yaml", found, "remove them")


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _refused(where: object, expected: str, found: str, next_step: str) -> InputError:
    return InputError(
        where,
        expected=expected,
        found=found,
        consequence="no step was run",
        next_step=next_step,
    )
