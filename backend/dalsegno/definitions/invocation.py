"""Calling a step's function, whatever way it gives its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any

from dalsegno.definitions.inputs_outputs import DeclaredInput, DeclaredOutput, DynamicOutput, GivenOutput, Output
from dalsegno.definitions.names import wrong_mapping_key
from dalsegno.errors import InvalidOutputError
from dalsegno.snapshot.close_names import known_names


def call_arguments(step_key: str, inputs: Mapping[str, DeclaredInput], given: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a step's function. Raises TypeError for a value of another class than declared."""
    arguments = {}
    for name, value in given.items():
        one = inputs[name]
        if one.is_order_only:
            continue
        if one.checked_type is not None and not isinstance(value, one.checked_type):
            raise TypeError(
                f"Step {step_key!r}, input {name!r}: it is declared {one.type_name}, "
                f"but was given {_shown(value)}. Mend what makes it, or the declaration."
            )
        arguments[name] = value
    for one in inputs.values():
        if one.is_order_only and one.is_parameter and not one.has_default:
            arguments[one.name] = None
    return arguments


def given_outputs(step_key: str, declared: Mapping[str, DeclaredOutput], returned: Any) -> Iterator[GivenOutput]:
    """Each output that a function's return value, or generator, gives, as soon as it is there.

    Raises InvalidOutputError for one that is not declared, is given twice, is of another class than declared, or has
    no mapping key where it is dynamic; and at the end for a required one that was left out. A dynamic one may have no
    elements at all.
    """
    seen: set[tuple[str, str | None]] = set()
    for output in _as_outputs(step_key, declared, returned):
        name = output.output_name
        one = declared.get(name)
        if one is None:
            problem = f"the step does not declare it.{known_names(name, declared)}"
            raise InvalidOutputError(step_key=step_key, output_name=str(name), problem=problem)
        key = _mapping_key(step_key, one, output)
        if (name, key) in seen:
            problem = "it was given twice" if key is None else f"the mapping key {key!r} was given twice"
            raise InvalidOutputError(step_key=step_key, output_name=name, problem=problem)
        seen.add((name, key))
        _check_value(step_key, one, output.value)
        yield output
    for name, one in declared.items():
        if one.is_required and not one.is_dynamic and (name, None) not in seen:
            problem = "it was not given; where it may be left out, declare Out(is_required=False)"
            raise InvalidOutputError(step_key=step_key, output_name=name, problem=problem)


def _mapping_key(step_key: str, one: DeclaredOutput, output: GivenOutput) -> str | None:
    problem = None
    if isinstance(output, DynamicOutput):
        if not one.is_dynamic:
            problem = "it is not dynamic; declare DynamicOut(), or give Output(value, name)"
        else:
            problem = wrong_mapping_key(output.mapping_key)
    elif one.is_dynamic:
        problem = "it is dynamic, so each of its values is given as DynamicOutput(value, mapping_key)"
    if problem is not None:
        raise InvalidOutputError(step_key=step_key, output_name=one.name, problem=problem)
    return output.mapping_key if isinstance(output, DynamicOutput) else None


def _as_outputs(step_key: str, declared: Mapping[str, DeclaredOutput], returned: Any) -> Iterator[GivenOutput]:
    if isinstance(returned, GivenOutput):
        yield returned
    elif isinstance(returned, GeneratorType):
        for item in returned:
            if not isinstance(item, GivenOutput):
                way = "DynamicOutput(value, key)" if _is_one_dynamic(declared) else "Output(value, name)"
                problem = f"the step yielded {_shown(item)}; what it yields is {way}"
                raise InvalidOutputError(step_key=step_key, output_name=_names(declared), problem=problem)
            yield item
    elif _is_one_dynamic(declared):
        yield from _elements(step_key, declared, returned)
    elif len(declared) == 1:
        yield Output(returned, next(iter(declared)))
    elif isinstance(returned, (tuple, list)) and returned and all(isinstance(item, GivenOutput) for item in returned):
        yield from returned
    elif isinstance(returned, tuple) and len(returned) == len(declared):
        for name, item in zip(declared, returned, strict=True):
            yield item if isinstance(item, GivenOutput) else Output(item, name)
    elif returned is not None or all(one.is_order_only for one in declared.values()):
        yield from _all_or_none(step_key, declared, returned)


def _is_one_dynamic(declared: Mapping[str, DeclaredOutput]) -> bool:
    return len(declared) == 1 and next(iter(declared.values())).is_dynamic


def _elements(step_key: str, declared: Mapping[str, DeclaredOutput], returned: Any) -> Iterator[GivenOutput]:
    for item in (returned,) if returned is not None and not isinstance(returned, (list, tuple)) else returned or ():
        if not isinstance(item, GivenOutput):
            problem = f"the step returned {_shown(item)}; give each element as DynamicOutput(value, mapping_key)"
            raise InvalidOutputError(step_key=step_key, output_name=_names(declared), problem=problem)
        yield item


def _all_or_none(step_key: str, declared: Mapping[str, DeclaredOutput], returned: Any) -> Iterator[Output]:
    if returned is None:
        # Nothing to tell apart: each is given by the step's success.
        yield from (Output(None, name) for name in declared)
        return
    count = f", {len(returned)} values," if isinstance(returned, tuple) else ""
    problem = (
        f"the step returned {_shown(returned)}{count} for {len(declared)} outputs; "
        "return a tuple with a value for each, in order, or yield Output(value, name)"
    )
    raise InvalidOutputError(step_key=step_key, output_name=_names(declared), problem=problem)


def _check_value(step_key: str, one: DeclaredOutput, value: Any) -> None:
    if one.is_order_only and value is not None:
        problem = f"it is declared Nothing, so {_shown(value)} would be lost; declare its type, or give None"
        raise InvalidOutputError(step_key=step_key, output_name=one.name, problem=problem)
    if one.checked_type is not None and not isinstance(value, one.checked_type):
        problem = f"it is declared {one.type_name}, but the step gave {_shown(value)}"
        raise InvalidOutputError(step_key=step_key, output_name=one.name, problem=problem)


def _names(declared: Mapping[str, DeclaredOutput]) -> str:
    return ", ".join(declared)


def _shown(value: Any) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
