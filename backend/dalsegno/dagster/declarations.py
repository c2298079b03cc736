"""Inputs and outputs as Dagster code declares them, of both eras."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import GenericAlias
from typing import Any, ClassVar

from dalsegno import definitions
from dalsegno.dagster.config_schema import NO_VALUE
from dalsegno.dagster.refusals import refuse_argument, refuse_arguments
from dalsegno.definitions.inputs_outputs import IO_MANAGER, RESULT, checked_type
from dalsegno.definitions.signature import Signature
from dalsegno.errors import InvalidDefinitionError

_IN = ("dagster_type", "description", "default_value")
_OUT = ("dagster_type", "description", "is_required", "io_manager_key", "metadata")


class In:
    """An input of a step; `In(Nothing)` is order alone."""

    def __init__(
        self, dagster_type: Any = None, description: str | None = None, default_value: Any = NO_VALUE, **others: Any
    ) -> None:
        place = type(self).__name__
        if others.pop("metadata", None):
            refuse_argument("metadata", "say it of the output that the input is loaded from", place=place)
        refuse_arguments(others, place=place, known=_IN)
        self.dagster_type = dagster_type
        self.description = description
        self.default_value = default_value

    def declared(self, annotation: Any) -> definitions.In:
        """The same as our own; the parameter's annotation says its type where nothing else does."""
        return definitions.In(_type_of(self.dagster_type, annotation), self.description)


class InputDefinition(In):
    """An input of a step, with its name."""

    def __init__(
        self,
        name: str,
        dagster_type: Any = None,
        description: str | None = None,
        default_value: Any = NO_VALUE,
        **others: Any,
    ) -> None:
        super().__init__(dagster_type, description, default_value, **others)
        self.name = name


class Out:
    """An output of a step; one that is not required may be left out, and what depends on it is then skipped."""

    is_dynamic = False

    def __init__(
        self,
        dagster_type: Any = None,
        description: str | None = None,
        is_required: bool = True,
        io_manager_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        place = type(self).__name__
        if others.pop("code_version", None) is not None:
            refuse_argument("code_version", "say it of the step, whose outputs are all made by one code", place=place)
        refuse_arguments(others, place=place, known=_OUT)
        self.dagster_type = dagster_type
        self.description = description
        self.is_required = is_required
        self.io_manager_key = io_manager_key
        self.metadata = metadata

    def declared(self, annotation: Any = None) -> definitions.Out:
        """The same as our own; the annotation says its type where nothing else does."""
        made = definitions.DynamicOut if self.is_dynamic else definitions.Out
        return made(
            type_=_type_of(self.dagster_type, annotation),
            description=self.description,
            is_required=self.is_required,
            io_manager_key=self.io_manager_key or IO_MANAGER,
            metadata=self.metadata,
        )


class DynamicOut(Out):
    """An output of which a step gives any number, each as a DynamicOutput under a mapping key."""

    is_dynamic = True


class OutputDefinition(Out):
    """An output of a step, with its name."""

    def __init__(self, dagster_type: Any = None, name: str | None = None, *args: Any, **others: Any) -> None:
        super().__init__(dagster_type, *args, **others)
        self.name = RESULT if name is None else name


class DynamicOutputDefinition(OutputDefinition):
    """As DynamicOut, with its name."""

    is_dynamic = True


class Output(definitions.Output, frozen=True, eq=False):
    """A value that a step gives, for one of its outputs. `Output[int]` is for annotations."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


class DynamicOutput(definitions.DynamicOutput, frozen=True, eq=False):
    """One of the values of a dynamic output, under its mapping key. `DynamicOutput[int]` is for annotations."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)


def RetryPolicy(  # noqa: N802 - authors know it by this name
    max_retries: int = 1,
    delay: float | None = None,
    backoff: definitions.Backoff | None = None,
    jitter: definitions.Jitter | None = None,
) -> definitions.RetryPolicy:
    """Try a failed step again, at most `max_retries` times, each `delay` seconds after it failed."""
    return definitions.RetryPolicy(max_retries=max_retries, delay=delay or 0.0, backoff=backoff, jitter=jitter)


def inputs_by_name(ins: Any, input_defs: Any, *, place: str) -> dict[str, In]:
    """The inputs that a step declares, in either way. Raises InvalidDefinitionError."""
    if ins is not None and not isinstance(ins, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"ins is a dict of name to In, not {ins!r}")
    for name, one in (ins or {}).items():
        if not isinstance(one, In):
            raise InvalidDefinitionError(place=f"{place}, input {name!r}", problem=f"write In(...), not {one!r}")
    return {**(ins or {}), **_named(input_defs, InputDefinition, "input_defs", is_second=bool(ins), place=place)}


def outputs_by_name(out: Any, output_defs: Any, *, place: str) -> dict[str, Out]:
    """The outputs that a step declares, in either way. Raises InvalidDefinitionError."""
    named = _named(output_defs, OutputDefinition, "output_defs", is_second=out is not None, place=place)
    if output_defs is not None:
        return named
    if out is None or isinstance(out, Out):
        return {getattr(out, "name", RESULT): Out() if out is None else out}
    if not isinstance(out, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"out is an Out, or a dict of name to Out, not {out!r}")
    for name, one in out.items():
        if not isinstance(one, Out):
            raise InvalidDefinitionError(place=f"{place}, output {name!r}", problem=f"write Out(...), not {one!r}")
    return dict(out)


def output_annotation(signature: Signature, function: Callable[..., Any], out: Out) -> Any:
    """What the function says of the type of its one output; None where it says nothing that can be checked."""
    returns = signature.returns
    given = (definitions.Output, definitions.DynamicOutput)
    is_value = returns is not inspect.Signature.empty and not (isinstance(returns, type) and issubclass(returns, given))
    if not is_value or inspect.isgeneratorfunction(function) or out.is_dynamic:
        return None
    return returns


def _type_of(dagster_type: Any, annotation: Any) -> Any:
    if dagster_type is not None:
        return dagster_type
    # Dagster checks what is annotated as it checks what is declared.
    is_class = isinstance(annotation, type) and not isinstance(annotation, GenericAlias)
    return annotation if is_class and checked_type(annotation) is not None else None


def _named(defs: Any, wanted: type, argument: str, *, is_second: bool, place: str) -> dict[str, Any]:
    if defs is None:
        return {}
    if is_second:
        other = "ins" if argument == "input_defs" else "out"
        raise InvalidDefinitionError(place=place, problem=f"{argument} and {other} say the same; leave one out")
    if isinstance(defs, str) or not isinstance(defs, Iterable):
        raise InvalidDefinitionError(place=place, problem=f"{argument} is a list of {wanted.__name__}, not {defs!r}")
    named: dict[str, Any] = {}
    for one in defs:
        if not isinstance(one, wanted):
            problem = f"{argument} holds {one!r}; write {wanted.__name__}(...)"
            raise InvalidDefinitionError(place=place, problem=problem)
        if named.setdefault(one.name, one) is not one:  # type: ignore[attr-defined]
            raise InvalidDefinitionError(place=place, problem=f"{argument} has two of the name {one.name!r}")  # type: ignore[attr-defined]
    return named
