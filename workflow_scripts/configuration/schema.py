"""A value compared with a JSON schema, and what is wrong with it told in words."""

import functools
import json
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from configuration.settings import Settings, nearest

_LONGEST_LIST = 1000
# What YAML reads as a text, such as 3e-4.
_POWER_OF_TEN = re.compile(r"([-+]?[0-9]+)([.][0-9]+)?[eE]([-+]?[0-9]+)")
_YAML_WANTS = "YAML wants a point, and a sign behind the e"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value; `path` are the keys that lead to it.

    about: for which study and experiment, if not for all; the same fault for others is the same.
    """

    path: tuple[str, ...]
    expected: str
    found: str
    next_step: str
    about: str = field(default="", compare=False)


def find_faults(value: Any, schema: Settings) -> list[Fault]:
    """Give all faults of a value in the order of their keys, none if it is as the schema says.

    A whole number is one that is written as such, 16 and not 16.0, and all numbers are finite.
    """
    if plain := list(_plain_faults(value, ())):
        return plain
    errors = _strict_validator()(schema).iter_errors(value)
    in_order = sorted(errors, key=lambda error: list(map(str, error.absolute_path)))
    return list(dict.fromkeys(fault for error in in_order for fault in _tell(error, schema)))


@functools.cache
def _strict_validator() -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def is_whole(_: object, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole)
    return extend(Draft202012Validator, type_checker=types)


def _plain_faults(value: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    """Find what no setting may be, whatever its key; command lines can hold it, files cannot."""
    if len(path) > 20:
        yield Fault(path[:6], "blocks as in config.yaml", "some without end", "remove them")
        return
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or not _is_printable(key):
                name = f"{key}".encode("unicode_escape").decode()
                step = (
                    "rename it" if isinstance(key, str) else f'write "{name}", in quotation marks'
                )
                yield Fault((*path, name), "a name", f"{key!r}", step)
                return
        inner = value.items()
    elif isinstance(value, list | tuple):
        if len(value) > _LONGEST_LIST:
            found = f"{len(value)} values"
            yield Fault(path, f"at most {_LONGEST_LIST} values", found, "remove some")
            return
        inner = ((str(number), one) for number, one in enumerate(value))
    else:
        inner = ()
        if isinstance(value, str):
            if not _is_printable(value):
                found = f"the text {value[:40]!r}"
                step = "write it on one line, without control characters"
                yield Fault(path, "a text on one line", found, step)
        elif isinstance(value, float) and not math.isfinite(value):
            yield Fault(path, "a finite number", f"{value}", "write one of digits and a point")
        elif not (value is None or isinstance(value, bool | int | float)):
            step = f'write "{value}", in quotation marks'
            found = f"a {type(value).__name__}, {value}"[:80]
            yield Fault(path, "a text or a number", found, step)
    for key, one in inner:
        yield from _plain_faults(one, (*path, key))


def _is_printable(text: str) -> bool:
    """Tell whether a text can be written to a file and stands on one line."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text)


def _tell(error: Any, schema: Settings) -> Iterator[Fault]:
    """Put an error of jsonschema into words; unknown and missing keys are several faults."""
    path, value = tuple(map(str, error.absolute_path)), error.instance
    if error.validator == "anyOf" and isinstance(value, list):
        inner = [one for one in error.context if one.validator not in ("type", "enum", "const")]
        inner += [one for one in error.context if len(one.path) > 0]
        if inner:
            yield from _tell(inner[0], schema)
            return
    own = _resolved(error.schema, schema)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for unknown in sorted(set(value) - set(known)):
            near = nearest(unknown, known)
            found = "an unknown one" + (f" (the nearest is {near!r})" if near else "")
            step = f"write `{near}:`, or remove it" if near and near not in value else "remove it"
            yield Fault((*path, unknown), "a known key", found, step)
    elif error.validator == "required":
        for missing in (key for key in error.validator_value if key not in value):
            yield Fault((*path, missing), "a value", "none", "add it")
    elif "propertyNames" in error.absolute_schema_path:
        expected = _describe(error.schema, schema)
        yield Fault((*path, value), expected, f"the key {value!r}", "rename it")
    elif error.validator == "not":
        yield Fault(path, _describe(own, schema), _shown(value), "remove it")
    elif error.validator == "uniqueItems":
        yield Fault(path, "every value once", _shown(value), "remove what stands twice")
    else:
        yield Fault(path, _describe(own, schema), _shown(value), _advise(own, schema, value))


def _advise(own: Settings, schema: Settings, value: Any) -> str:
    alternatives = [own, *(_resolved(one, schema) for one in own.get("anyOf", ()))]
    words = [word for one in alternatives for word in _words(one)]
    types = {kind for one in alternatives for kind in _types(one)}
    if (number := _meant_number(value, types)) is not None:
        return f"write {number}"
    texts = [word for word in words if isinstance(word, str)]
    if isinstance(value, bool) and str(value).lower() in texts:
        return f'write "{str(value).lower()}", in quotation marks'
    if isinstance(value, str) and (near := nearest(value, texts)):
        return f"write {near}"
    if words:
        return "write one of them"
    if "string" in types and isinstance(value, bool | int | float):
        return f'write "{json.dumps(value)}", in quotation marks'
    if value is None and types & {"object", "array"}:
        return "write {}, or settings of its own" if "object" in types else "write a list"
    return "write such a value"


def _meant_number(value: Any, types: set[str]) -> str | None:
    """Write the number that a text, or a float like 16.0 for a whole one, was meant to be.

    None if it was none, or not one of these types of JSON.
    """
    if "number" in types and isinstance(value, str) and (power := _POWER_OF_TEN.fullmatch(value)):
        digits, point, exponent = power.groups()
        sign = "" if exponent[0] in "+-" else "+"
        number = f"{digits}{point or '.0'}e{sign}{exponent}"
        return f"{number} ({_YAML_WANTS})" if math.isfinite(float(number)) else None
    mistyped = types & {"integer", "number"} and isinstance(value, str)
    if not mistyped and not ("integer" in types and isinstance(value, float)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number.is_integer() and abs(number) < 2**53:
        return f"{number:.0f}"
    if "number" not in types or not math.isfinite(number):
        return None
    mantissa, exponent, power = repr(number).partition("e")
    return mantissa + (".0" if exponent and "." not in mantissa else "") + exponent + power


def _describe(own: Settings, schema: Settings) -> str:
    """Say in words which values a schema allows."""
    own = _resolved(own, schema)
    if "description" in own:
        return own["description"]
    if words := _words(own):
        return ("one of " if len(words) > 2 else "") + _listed([_word(word) for word in words])
    if "anyOf" in own:
        return _listed([_describe(one, schema) for one in own["anyOf"]])
    return _listed([_describe_type(kind, own, schema) for kind in _types(own)])


def _describe_type(kind: str, own: Settings, schema: Settings) -> str:
    least, most, above = (own.get(key) for key in ("minimum", "maximum", "exclusiveMinimum"))
    if kind in ("integer", "number"):
        text = "a whole number" if kind == "integer" else "a number"
        text += f" above {above}" if above is not None else ""
        text += f" from {least}" if least is not None else ""
        return text + (
            f" {'to' if least is not None else 'up to'} {most}" if most is not None else ""
        )
    if kind == "array":
        low, high = own.get("minItems", 0), own.get("maxItems")
        count = f"{high} values" if low == high else "at least one value" if low else "values"
        items = f", each {_describe(own['items'], schema)}" if "items" in own else ""
        return f"a list of {count}{items}"
    words = {"string": "a text", "boolean": "true or false", "null": "null"}
    empty = " that is not empty" if own.get("minProperties") or own.get("minLength") else ""
    return words.get(kind, "a block of settings") + empty


def _types(own: Settings) -> list[str]:
    kinds = own.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _words(own: Settings) -> list[Any]:
    return [own["const"]] if "const" in own else own.get("enum", [])


def _resolved(own: Settings, schema: Settings) -> Settings:
    while "$ref" in own:
        own = schema["$defs"][own["$ref"].rpartition("/")[2]]
    return own


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:-1]) + (" or " if len(texts) > 1 else "") + texts[-1] if texts else ""


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        kind = "a block" if isinstance(value, dict) else "a list"
        return kind if value else f"{kind} with nothing in it"
    kinds = {type(None): "nothing", str: f"the text {value!r}", bool: str(value).lower()}
    return kinds.get(type(value), f"the number {value}")[:80]
