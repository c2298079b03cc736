"""What is wrong with a config, by its JSON Schema; loads jsonschema, so it is imported when there is one to check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from dalsegno.errors import ConfigProblem
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.config_values import json_pointer
from dalsegno.snapshot.pipeline_snapshot import JsonSchema

MAX_MESSAGE = 300  # characters: messages quote the value


def config_problems(config: Any, schema: JsonSchema, path: str) -> list[ConfigProblem]:
    """Each place that does not fit, in the document's order; `path` is the config's own."""
    errors = Draft202012Validator(schema).iter_errors(config)
    problems = (problem for error in errors for problem in _problems(error, path))
    return sorted(problems, key=lambda problem: (problem.path, problem.message))


def _problems(error: ValidationError, path: str) -> Iterator[ConfigProblem]:
    place = json_pointer(path, *error.absolute_path)
    schema: Any = error.schema
    if error.validator == "required":
        # One error names one absent property, but only in words.
        absent = next(name for name in schema["required"] if error.message.startswith(repr(name)))
        yield ConfigProblem(path=json_pointer(place, absent), message="it is required")
    elif error.validator == "additionalProperties" and error.validator_value is False:
        known = schema.get("properties", {})
        instance: Any = error.instance
        for name in instance:
            if name not in known:
                message = f"{name!r} is not known here.{known_names(name, known)}"
                yield ConfigProblem(path=json_pointer(place, name), message=message)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        yield from _of_alternatives(error, path, place)
    else:
        yield ConfigProblem(path=place, message=_short(error.message))


def _of_alternatives(error: ValidationError, path: str, place: str) -> Iterator[ConfigProblem]:
    context = error.context or []
    if all(one.validator == "type" and not one.relative_path for one in context):
        types = " or ".join(str(one.validator_value) for one in context)
        yield ConfigProblem(path=place, message=f"{_short(repr(error.instance))} is not of type {types}")
        return
    # The alternative that fits best: not one that is of another type altogether.
    nearest = [one for one in context if one.validator != "type" or one.relative_path] or context
    best = best_match(nearest)
    yield from _problems(best, path) if best is not None else ()


def _short(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE // 2]} ... {text[-MAX_MESSAGE // 2 :]}"
