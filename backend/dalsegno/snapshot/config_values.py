"""Values of a run config: as JSON, and with the defaults of their JSON Schema filled in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from dalsegno.errors import ConfigProblem
from dalsegno.snapshot.pipeline_snapshot import JsonSchema

MAX_DEPTH = 100
# What a database and every reader of JSON can hold.
MIN_INT, MAX_INT = -(2**63), 2**64 - 1


def json_pointer(path: str, *keys: object) -> str:
    """The JSON pointer `path`, carried on by these keys."""
    return path + "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in keys)


def json_copy(value: Any, path: str, problems: list[ConfigProblem], depth: int = MAX_DEPTH) -> Any:
    """The value as plain dicts, lists, str, int, float, bool and None; what can't be is a problem, and left out."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path, problems)
    if isinstance(value, (int, float)):
        return _number(value, path, problems)
    if isinstance(value, (Mapping, list, tuple)):
        if depth == 0:
            problems.append(ConfigProblem(path=path, message=f"it is nested deeper than {MAX_DEPTH} levels"))
            return None
        if isinstance(value, Mapping):
            return _members(value, path, problems, depth)
        return [json_copy(item, json_pointer(path, index), problems, depth - 1) for index, item in enumerate(value)]
    problems.append(
        ConfigProblem(path=path, message=f"a value of type {type(value).__name__} is not JSON; {_instead(value)}")
    )
    return None


def _members(value: Mapping[Any, Any], path: str, problems: list[ConfigProblem], depth: int) -> dict[str, Any]:
    members = {}
    for name, item in value.items():
        if isinstance(name, str):
            members[str(_text(name, path, problems))] = json_copy(item, json_pointer(path, name), problems, depth - 1)
        else:
            message = f"the key {name!r} is not a str; write {str(name)!r} in quotes"
            problems.append(ConfigProblem(path=path, message=message))
    return members


def _text(value: str, path: str, problems: list[ConfigProblem]) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        path = path.encode("utf-8", "replace").decode("utf-8")
        problems.append(ConfigProblem(path=path, message=f"{value!r} holds half a character (a lone surrogate)"))
        return ""
    return str(value)


def _number(value: int | float, path: str, problems: list[ConfigProblem]) -> int | float:
    if isinstance(value, int):
        if MIN_INT <= value <= MAX_INT:
            return int(value)
        message = "the number needs more than 64 bits; give it as a text"
    elif math.isfinite(value):
        return float(value)
    else:
        message = f"{float(value)} is not JSON; give a finite number, or leave it out"
    problems.append(ConfigProblem(path=path, message=message))
    return 0


def _instead(value: Any) -> str:
    if hasattr(value, "model_dump"):
        return "give its .model_dump(mode='json')"
    if isinstance(value, (set, frozenset)):
        return "give a list"
    return "give a mapping, list, text, number, true, false or null"


def needs_a_value(schema: JsonSchema) -> bool:
    """Leaving it out is an error: neither has it a default, nor would an empty mapping fit."""
    schema = _resolved(schema, schema)
    if "default" in schema:
        return False
    says_something = schema.keys() - {"title", "description", "$defs"}
    return bool(schema.get("required")) or bool(says_something and schema.get("type") != "object")


def with_defaults(value: Any, schema: JsonSchema) -> Any:
    """A copy of the value with the schema's defaults wherever it says nothing; None says nothing at all."""
    if value is None:
        value = _resolved(schema, schema).get("default", {})
    return _filled(value, schema, schema)


def _filled(value: Any, schema: JsonSchema, root: JsonSchema) -> Any:
    schema = _resolved(schema, root)
    if isinstance(value, (list, tuple)):
        items = schema.get("items")
        return [_filled(item, items, root) for item in value] if isinstance(items, Mapping) else list(value)
    if not isinstance(value, Mapping):
        return value
    filled = dict(value)
    for name, part in schema.get("properties", {}).items():
        if name in filled:
            filled[name] = _filled(filled[name], part, root)
        elif "default" in (resolved := _resolved(part, root)):
            filled[name] = _filled(resolved["default"], part, root)
    return filled


def _resolved(schema: JsonSchema, root: JsonSchema) -> JsonSchema:
    """What a reference leads to; what stands beside the reference, such as a default, counts first."""
    for _ in range(MAX_DEPTH):
        if "$ref" not in schema:
            break
        target = root.get("$defs", {}).get(str(schema["$ref"]).removeprefix("#/$defs/"), {})
        schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
    return schema
