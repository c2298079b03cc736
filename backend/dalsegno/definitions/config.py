"""Config models: their JSON Schema, and instances of them from a run config."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dalsegno.errors import ConfigProblem, InvalidDefinitionError, InvalidRunConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

    # A msgspec Struct does as well: our own resources use it, which spares authors' modules the import of pydantic.
    ConfigModel = type[BaseModel] | type[msgspec.Struct]


def check_config_model(model: Any, *, place: str) -> ConfigModel | None:
    """The model as it is, or InvalidDefinitionError; None is no config."""
    if model is None:
        return None
    if isinstance(model, type) and issubclass(model, msgspec.Struct):
        return model
    # Who has a pydantic model has imported pydantic.
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(model, type) or not issubclass(model, pydantic.BaseModel):
        problem = f"config is a pydantic model class, `class Config(BaseModel): ...`, not {model!r}"
        raise InvalidDefinitionError(place=place, problem=problem)
    return model


def config_json_schema(model: ConfigModel | None, *, place: str) -> dict[str, Any] | None:
    """The model's JSON Schema, refusing unknown keys unless it says otherwise; None for no config.

    Raises InvalidDefinitionError where a field has a type that JSON can't say.
    """
    if model is None:
        return None
    try:
        if issubclass(model, msgspec.Struct):
            return msgspec.json.schema(model)
        # Pydantic costs more to import than all else that an author's module loads.
        from dalsegno.definitions.pydantic_config import model_json_schema

        schema = model_json_schema(model)
        # What its author adds to it may be anything; the snapshot is JSON.
        msgspec.json.encode(schema)
        return schema
    except Exception as error:
        problem = f"no JSON Schema can be made of its config {model.__name__}: {error}"
        raise InvalidDefinitionError(place=place, problem=problem) from error


def parse_config(model: ConfigModel | None, raw: Any, *, path: str) -> Any:
    """An instance of the model, from what the run config says at `path`; None where there is no model.

    Raises InvalidRunConfigError with each problem's path.
    """
    if model is None:
        return None
    try:
        content = msgspec.json.encode({} if raw is None else raw)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRunConfigError(problems=(ConfigProblem(path=path, message=f"is not JSON: {error}"),)) from error
    if issubclass(model, msgspec.Struct):
        try:
            return msgspec.json.decode(content, type=model)
        except msgspec.ValidationError as error:
            raise InvalidRunConfigError(problems=(ConfigProblem(path=path, message=str(error)),)) from error
    # As above.
    from dalsegno.definitions.pydantic_config import parse_model

    return parse_model(model, content, path)


def part_of(run_config: Mapping[str, Any], *keys: str) -> Any:
    """What the run config says at these nested keys; None where it says nothing."""
    found: Any = run_config
    for key in keys:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found
