"""Config as Dagster code declares it: a dict of `int str float bool list dict Field`, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.dagster.refusals import refuse_arguments
from dalsegno.errors import ConfigProblem, InvalidDefinitionError, InvalidRunConfigError
from dalsegno.snapshot.config_values import json_copy, needs_a_value, with_defaults
from dalsegno.snapshot.pipeline_snapshot import JsonSchema

NO_VALUE: Any = object()

# Config that nobody has declared: Dagster lets it be anything.
ANYTHING: JsonSchema = {}

_TYPES: Mapping[Any, str] = {
    int: "integer",
    str: "string",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


class Field:
    """One field of a config: its type, and the value it has where a run config says nothing.

    It is required unless it has a default, is_required=False, or holds optional fields alone.
    """

    def __init__(
        self,
        config: Any,
        default_value: Any = NO_VALUE,
        is_required: bool | None = None,
        description: str | None = None,
        **others: Any,
    ) -> None:
        refuse_arguments(others, place="Field", known=("config", "default_value", "is_required", "description"))
        if is_required and default_value is not NO_VALUE:
            problem = f"it is required, so its default {default_value!r} would never be used; leave one of them out"
            raise InvalidDefinitionError(place="Field", problem=problem)
        self.config = config
        self.default_value = default_value
        self.is_required = is_required
        self.description = description


class ConfigSchema:
    """The schema of one config, and what it makes of a given one."""

    def __init__(self, declared: Any, *, place: str) -> None:
        self.json_schema = ANYTHING if declared is None else _schema_of(declared, f"{place}, config_schema")
        self._place = place

    @classmethod
    def of_json(cls, json_schema: JsonSchema, *, place: str) -> ConfigSchema:
        """A schema that is written already."""
        made = cls(None, place=place)
        made.json_schema = json_schema
        return made

    def with_default(self, config: Any) -> ConfigSchema:
        """The same, with a config for runs that give none. Raises InvalidDefinitionError where it does not fit."""
        try:
            fitting = self.parse(config, path="")
        except InvalidRunConfigError as error:
            faults = "; ".join(f"{one.path or 'it'}: {one.message}" for one in error.problems)
            problem = f"the config that the job gives does not fit: {faults}"
            raise InvalidDefinitionError(place=self._place, problem=problem) from None
        return self.of_json({**self.json_schema, "default": fitting}, place=self._place)

    def parse(self, raw: Any, *, path: str) -> Any:
        """The config as plain values, defaults filled in. Raises InvalidRunConfigError; `path` is its own."""
        if raw is None and self.json_schema == ANYTHING:
            return None
        # It is slow to import, and most modules have nothing to check when they are imported.
        from dalsegno.snapshot.config_problems import config_problems

        problems: list[ConfigProblem] = []
        given = json_copy(raw, path, problems)
        if given is None and needs_a_value(self.json_schema):
            given = {}
        config = with_defaults(given, self.json_schema)
        problems.extend(config_problems(config, self.json_schema, path))
        if problems:
            raise InvalidRunConfigError(problems=tuple(problems))
        return _with_floats(config, self.json_schema)


def _schema_of(declared: Any, place: str) -> dict[str, Any]:
    if isinstance(declared, Field):
        return _schema_of_field(declared, place)
    if isinstance(declared, type) and declared in _TYPES:
        return {"type": _TYPES[declared]}
    if isinstance(declared, Mapping):
        return _schema_of_fields(declared, place)
    if isinstance(declared, list) and len(declared) == 1:
        return {"type": "array", "items": _schema_of(declared[0], f"{place}, each of a list")}
    problem = (
        f"it is made of int, str, float, bool, list, dict, Field(...), and dicts and one-element lists of these; "
        f"{declared!r} is not carried over from Dagster"
    )
    raise InvalidDefinitionError(place=place, problem=problem)


def _schema_of_field(field: Field, place: str) -> dict[str, Any]:
    schema = _schema_of(field.config, place)
    if field.description is not None:
        schema["description"] = field.description
    if field.default_value is not NO_VALUE:
        problems: list[ConfigProblem] = []
        schema["default"] = json_copy(field.default_value, "", problems)
        if problems:
            problem = f"its default {field.default_value!r}: {problems[0].message}"
            raise InvalidDefinitionError(place=place, problem=problem)
    return schema


def _schema_of_fields(fields: Mapping[Any, Any], place: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, declared in fields.items():
        if not isinstance(name, str):
            raise InvalidDefinitionError(place=place, problem=f"a field's name is a str, not {name!r}")
        schema = _schema_of(declared, f"{place}, field {name!r}")
        is_required = declared.is_required if isinstance(declared, Field) else None
        if is_required is None and _is_optional(schema):
            # Its own fields have their defaults then.
            schema.setdefault("default", {})
        if is_required is not False and "default" not in schema:
            required.append(name)
        properties[name] = schema
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _with_floats(config: Any, schema: JsonSchema) -> Any:
    """The same; a whole number that stands for a float is one, as authors who wrote `float` expect."""
    if schema.get("type") == "number":
        return float(config)
    if isinstance(config, dict):
        fields = schema.get("properties", {})
        return {name: _with_floats(value, fields.get(name, ANYTHING)) for name, value in config.items()}
    if isinstance(config, list):
        return [_with_floats(value, schema.get("items", ANYTHING)) for value in config]
    return config


def _is_optional(schema: JsonSchema) -> bool:
    return "properties" in schema and "required" not in schema
