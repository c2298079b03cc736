"""What a function's parameters and annotations say of a step."""

from __future__ import annotations

import builtins
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dalsegno.definitions.context import StepContext
from dalsegno.errors import InvalidDefinitionError

CONTEXT_NAMES = frozenset({"context", "_context", "_", "__"})


class Signature(msgspec.Struct, frozen=True):
    """The parameters of a step's function, its context left out, and what it returns."""

    takes_context: bool
    # Name -> annotation, names in it resolved where they can be; None for none. In the author's order.
    annotations: Mapping[str, Any]
    with_default: frozenset[str]
    takes_any_keyword: bool
    # The annotation of what it returns; inspect.Signature.empty for none.
    returns: Any


def read_signature(function: Callable[..., Any], place: str) -> Signature:
    """Read a step's function. Raises InvalidDefinitionError where it can't take a context and named inputs."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise InvalidDefinitionError(place=place, problem=f"its parameters can't be read: {error}") from error
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        problem = "it is async; a step is a plain function, which may call asyncio.run(...) itself"
        raise InvalidDefinitionError(place=place, problem=problem)
    parameters = list(signature.parameters.values())
    takes_context = bool(parameters) and _is_context(parameters[0], function)
    inputs = [one for one in parameters[takes_context:] if one.kind is not inspect.Parameter.VAR_KEYWORD]
    for one in inputs:
        if one.kind is inspect.Parameter.VAR_POSITIONAL:
            problem = f"it takes *{one.name}, but inputs have names: write each, or ins={{...}} with **inputs"
            raise InvalidDefinitionError(place=place, problem=problem)
        if one.kind is inspect.Parameter.POSITIONAL_ONLY:
            problem = f"its parameter {one.name!r} is positional-only, but inputs are given by name: take out the '/'"
            raise InvalidDefinitionError(place=place, problem=problem)
    return Signature(
        takes_context=takes_context,
        annotations={one.name: resolve_annotation(one.annotation, function) for one in inputs},
        with_default=frozenset(one.name for one in inputs if one.default is not inspect.Parameter.empty),
        takes_any_keyword=len(inputs) < len(parameters) - takes_context,
        returns=resolve_annotation(signature.return_annotation, function, empty=inspect.Signature.empty),
    )


def resolve_annotation(annotation: Any, function: Callable[..., Any], *, empty: Any = None) -> Any:
    """The annotation, a name in a string looked up where the function stands; `empty` for none.

    Anything else in a string stays text: evaluating it could fail on names that only a type checker imports.
    """
    if annotation is inspect.Signature.empty:
        return empty
    if not isinstance(annotation, str):
        return annotation
    text = annotation.strip().strip("'\"")
    if not re.fullmatch(r"\w+(\.\w+)*", text):
        return text
    first, *rest = text.split(".")
    names = getattr(inspect.unwrap(function), "__globals__", {})
    found = None if first == "None" else names.get(first, getattr(builtins, first, text))
    for name in rest:
        found = getattr(found, name, text)
    return found


def names_type(annotation: Any, wanted: type) -> bool:
    """The annotation is this class, or a string that could only be resolved by a type checker and names it."""
    if isinstance(annotation, str):
        return annotation.rpartition(".")[2] == wanted.__name__
    return isinstance(annotation, type) and issubclass(annotation, wanted)


def _is_context(parameter: inspect.Parameter, function: Callable[..., Any]) -> bool:
    if parameter.kind not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
        return False
    if parameter.name in CONTEXT_NAMES:
        return True
    return names_type(resolve_annotation(parameter.annotation, function), StepContext)
