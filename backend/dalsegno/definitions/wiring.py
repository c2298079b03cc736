"""Steps in their places: which step's outputs each input is connected to, as traced from a pipeline's body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from dalsegno.definitions.handles import (
    CollectedHandle,
    DynamicHandle,
    OutputHandle,
    OutputHandles,
    ParameterHandle,
)
from dalsegno.definitions.inputs_outputs import DeclaredInput
from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.pipeline_snapshot import OutputRef

if TYPE_CHECKING:
    from dalsegno.definitions.step import StepDefinition

# A keyword that makes an order-only input wherever it is used, declared or not.
START = "start"


class Connection(msgspec.Struct, frozen=True):
    """What an input is connected to."""

    sources: tuple[OutputRef, ...]
    # A list was given: the input takes the list of all its sources' values.
    is_fan_in: bool = False
    # The input takes the list of what all elements give.
    is_collect: bool = False


class PlacedStep(msgspec.Struct, frozen=True):
    """A step definition in its place in a pipeline."""

    key: str
    definition: StepDefinition
    # By input name; an input that is not in it takes what the run config says, else its default.
    connections: Mapping[str, Connection] = {}
    # The dynamic output for each of whose elements it is executed once.
    mapped_over: OutputRef | None = None
    # The keys of the pipelines that it was called in, the outermost first.
    enclosing: tuple[str, ...] = ()
    # Of those pipelines; the step's own stand above them.
    enclosing_tags: Mapping[str, str] = {}

    @property
    def inputs(self) -> Mapping[str, DeclaredInput]:
        """The definition's inputs, and an order-only `start` where only this place has it."""
        if START not in self.connections or START in self.definition.inputs:
            return self.definition.inputs
        return {**self.definition.inputs, START: DeclaredInput(name=START, is_order_only=True, is_parameter=False)}


class _Enclosing(msgspec.Struct, frozen=True):
    """A pipeline that is being called inside another one."""

    key: str
    tags: Mapping[str, str]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class Callee(_Named, Protocol):
    """What has steps of its own, and can be called inside a pipeline."""

    @property
    def tags(self) -> Mapping[str, str]: ...


class Trace:
    """The steps that a pipeline's body has placed so far, those of pipelines that it called among them."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.placed: dict[str, PlacedStep] = {}
        # Key -> the number that was given last to a step, or pipeline, of that name.
        self._numbers: dict[str, int] = {}
        # The pipelines that are being called, the outermost first; and by key, what was called so far.
        self._enclosing: tuple[_Enclosing, ...] = ()
        self._steps: dict[str, StepDefinition] = {}
        self._called: dict[str, Callee] = {}
        # By its key, what the body of each of them has returned.
        self.returned: dict[str, Any] = {}

    def place_of(self, step_key: str) -> str:
        """Where a fault of this step is, in words."""
        return f"{self._place}, step {step_key!r}"

    def place(
        self, definition: StepDefinition, alias: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> OutputHandle | DynamicHandle | OutputHandles:
        """Place a step, its inputs connected to these results. Raises InvalidDefinitionError."""
        key = self._free_key(definition, alias, self._steps)
        self._steps[key] = definition
        given = self._by_name(key, definition, args, kwargs)
        connections = {name: self._connect(key, name, value) for name, value in given.items()}
        mapped_over = self._mapped_over(key, definition, given.values())
        self.placed[key] = PlacedStep(
            key,
            definition,
            {name: connection for name, connection in connections.items() if connection is not None},
            mapped_over,
            tuple(one.key for one in self._enclosing),
            {name: value for one in self._enclosing for name, value in one.tags.items()},
        )
        refs = tuple(OutputRef(key, name) for name in definition.outputs)
        return self.handle(refs[0], mapped_over) if len(refs) == 1 else OutputHandles(self, refs, mapped_over)

    def handle(self, ref: OutputRef, mapped_over: OutputRef | None) -> OutputHandle | DynamicHandle:
        """What stands for this output of a placed step."""
        if self.placed[ref.step_key].definition.outputs[ref.output_name].is_dynamic:
            return DynamicHandle(self, ref, ref)
        return OutputHandle(self, ref, mapped_over)

    @contextmanager
    def calling(self, definition: Callee, alias: str | None) -> Iterator[str]:
        """Within, the steps that are called are those of this pipeline, called here; gives the call's key."""
        key = self._free_key(definition, alias, self._called)
        self._called[key] = definition
        before = self._enclosing
        self._enclosing = (*before, _Enclosing(key, definition.tags))
        try:
            yield key
        finally:
            self._enclosing = before

    def _free_key(self, definition: _Named, alias: str | None, taken: Mapping[str, _Named]) -> str:
        key = definition.name if alias is None else alias
        if self._enclosing:
            key = f"{self._enclosing[-1].key}.{key}"
        if key not in taken:
            return key
        if alias is not None or taken[key] is not definition:
            problem = "another one has this key already; give this one a key of its own with .alias('...')"
            raise InvalidDefinitionError(place=self.place_of(key), problem=problem)
        number = self._numbers.get(key, 1) + 1
        while f"{key}_{number}" in taken:
            number += 1
        self._numbers[key] = number
        return f"{key}_{number}"

    def _by_name(
        self, key: str, definition: StepDefinition, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        place = self.place_of(key)
        positional = [one.name for one in definition.inputs.values() if not one.is_order_only]
        if len(args) > len(positional):
            problem = f"it was given {len(args)} inputs, and takes {len(positional)}; for order alone write start=..."
            raise InvalidDefinitionError(place=place, problem=problem)
        given = dict(zip(positional, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                raise InvalidDefinitionError(place=f"{place}, input {name!r}", problem="it is connected twice")
            if name != START and name not in definition.inputs:
                problem = f"has no input {name!r}.{known_names(name, definition.inputs)}"
                raise InvalidDefinitionError(place=place, problem=problem)
            given[name] = value
        return given

    def _connect(self, key: str, name: str, value: Any) -> Connection | None:
        """What the value connects the input to; None where it is left to the run config."""
        place = f"{self.place_of(key)}, input {name!r}"
        if isinstance(value, CollectedHandle):
            return Connection((self._own(place, value),), is_fan_in=True, is_collect=True)
        if not isinstance(value, (list, tuple)):
            return None if isinstance(value, ParameterHandle) else Connection((self._source(place, value),))
        if not value:
            problem = "an empty list connects it to nothing; leave it out, or give it a result"
            raise InvalidDefinitionError(place=place, problem=problem)
        if any(isinstance(item, ParameterHandle) for item in value):
            return None
        return Connection(tuple(self._source(place, item) for item in value), is_fan_in=True)

    def _source(self, place: str, value: Any) -> OutputRef:
        if isinstance(value, OutputHandle):
            return self._own(place, value)
        raise InvalidDefinitionError(place=place, problem=_why_no_result(value))

    def _own(self, place: str, handle: OutputHandle | CollectedHandle) -> OutputRef:
        if handle._trace is not self:
            problem = f"{handle!r} is a result of another pipeline; call that step in this one"
            raise InvalidDefinitionError(place=place, problem=problem)
        return handle._ref

    def _mapped_over(self, key: str, definition: StepDefinition, values: Iterable[Any]) -> OutputRef | None:
        """The dynamic output whose elements it is given; None where it is given none."""
        items = [item for value in values for item in (value if isinstance(value, (list, tuple)) else (value,))]
        over = {item._over: None for item in items if isinstance(item, OutputHandle) and item._over is not None}
        if not over:
            return None
        first, *others = over
        if others:
            problem = f"is given elements of {first} and of {others[0]}; collect one of them in a step of its own"
            raise InvalidDefinitionError(place=self.place_of(key), problem=problem)
        for one in definition.outputs.values():
            if one.is_dynamic:
                problem = (
                    f"is mapped over {first}, and its output {one.name!r} is dynamic: a map inside a map is not "
                    "possible. Collect the elements first, or give them all in one dynamic output"
                )
                raise InvalidDefinitionError(place=self.place_of(key), problem=problem)
        return first


def _why_no_result(value: Any) -> str:
    if isinstance(value, OutputHandles):
        names = " or ".join(f".{name}" for name in value._refs)
        return f"it was given a step of several outputs whole; choose one of them: {names}"
    if isinstance(value, DynamicHandle):
        return f"it was given all elements of {value._ref}; use .map(...) for each by itself, or .collect() for a list"
    if isinstance(value, CollectedHandle):
        return f"it was given {value._ref}.collect() within a list; .collect() is a list itself, so give it alone"
    if isinstance(value, (list, tuple)):
        return "it was given a list within a list; give one list of results"
    if callable(value):
        return f"it was given {value!r} itself; call it, and give its result"
    return f"it was given the value {value!r}, but inputs take results of steps; use config, or the parameter's default"


_current: ContextVar[Trace | None] = ContextVar("dalsegno_trace", default=None)


def current_trace() -> Trace | None:
    """Of the pipeline whose body is being traced; None outside of any."""
    return _current.get()


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Within, steps that are called are placed in this trace."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
