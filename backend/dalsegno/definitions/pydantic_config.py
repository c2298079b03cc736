"""What needs pydantic itself; loaded with the first config model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticSerializationError, core_schema

from dalsegno.errors import ConfigProblem, InvalidRunConfigError
from dalsegno.snapshot.config_values import json_copy, json_pointer

# How pydantic shows a secret.
MASK = "**********"


class _ConfigSchema(GenerateJsonSchema):
    """Where a model does not say what becomes of unknown keys, they are refused: most are slips of the pen.

    Defaults that JSON can't say, and secret ones, are left out of the schema: the model itself fills them in.
    """

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    def encode_default(self, dft: Any) -> Any:
        encoded = super().encode_default(dft)
        problems: list[ConfigProblem] = []
        copy = json_copy(encoded, "", problems)
        if problems or MASK in str(copy):
            raise PydanticSerializationError("JSON can't say it")
        return copy

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if schema["cls"].model_config.get("extra") is None and "properties" in made:
            made.setdefault("additionalProperties", False)
        return made


def model_json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of the model's JSON input."""
    return model.model_json_schema(schema_generator=_ConfigSchema)


def parse_model(model: type[BaseModel], content: bytes, path: str) -> BaseModel:
    """The instance that this JSON describes. Raises InvalidRunConfigError."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        problems = tuple(
            ConfigProblem(path=json_pointer(path, *one["loc"]), message=one["msg"])
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise InvalidRunConfigError(problems=problems) from error
