"""Steps in their places: which step's outputs each input is connected to, as traced from a pipeline's body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

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


class PlacedStep(msgspec.Struct, frozen=True):
    """A step definition in its place in a pipeline."""

    key: str
    definition: StepDefinition
    # By input name; an input that is not in it takes what the run config says, else its default.
    connections: Mapping[str, Connection] = {}

    @property
    def inputs(self) -> Mapping[str, DeclaredInput]:
        """The definition's inputs, and an order-only `start` where only this place has it."""
        if START not in self.connections or START in self.definition.inputs:
            return self.definition.inputs
        return {**self.definition.inputs, START: DeclaredInput(name=START, is_order_only=True, is_parameter=False)}


class OutputHandle:
    """One output of a placed step, to be given to the steps that take it."""

    def __init__(self, trace: Trace, ref: OutputRef) -> None:
        self._trace = trace
        self._ref = ref

    def __repr__(self) -> str:
        return f"<output {self._ref}>"

    def __getitem__(self, name: object) -> OutputHandle:
        if name == self._ref.output_name:
            return self
        return self._refuse(f"has no output {name!r}: its only one is {self._ref.output_name!r}")

    def __getattr__(self, name: str) -> OutputHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[OutputHandle]:
        self._refuse("has one output, so there is nothing to unpack; declare several with out={'left': Out(), ...}")

    def __bool__(self) -> bool:  # noqa: PLE0304
        self._refuse("has no value yet: a pipeline's body only connects steps, so decide inside a step")

    def _refuse(self, problem: str) -> NoReturn:
        raise InvalidDefinitionError(place=self._trace.place_of(self._ref.step_key), problem=problem)


class OutputHandles:
    """The outputs of a placed step that has several: by attribute, by `[name]`, or unpacked in order."""

    def __init__(self, trace: Trace, refs: tuple[OutputRef, ...]) -> None:
        self._trace = trace
        self._refs = {ref.output_name: ref for ref in refs}

    def __repr__(self) -> str:
        return f"<outputs {', '.join(map(str, self._refs.values()))}>"

    def __iter__(self) -> Iterator[OutputHandle]:
        return (OutputHandle(self._trace, ref) for ref in self._refs.values())

    def __len__(self) -> int:
        return len(self._refs)

    def __getitem__(self, name: str) -> OutputHandle:
        if name not in self._refs:
            place = self._trace.place_of(next(iter(self._refs.values())).step_key)
            raise InvalidDefinitionError(place=place, problem=f"has no output {name!r}.{known_names(name, self._refs)}")
        return OutputHandle(self._trace, self._refs[name])

    def __getattr__(self, name: str) -> OutputHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


class Trace:
    """The steps that a pipeline's body has placed so far."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.placed: dict[str, PlacedStep] = {}
        # Key -> the number that was given last to a step of that name.
        self._numbers: dict[str, int] = {}

    def place_of(self, step_key: str) -> str:
        """Where a fault of this step is, in words."""
        return f"{self._place}, step {step_key!r}"

    def place(
        self, definition: StepDefinition, alias: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> OutputHandle | OutputHandles:
        """Place a step, its inputs connected to these results. Raises InvalidDefinitionError."""
        key = self._free_key(definition, alias)
        given = self._by_name(key, definition, args, kwargs)
        connections = {name: self._connect(key, name, value) for name, value in given.items()}
        self.placed[key] = PlacedStep(key, definition, connections)
        refs = tuple(OutputRef(key, name) for name in definition.outputs)
        return OutputHandle(self, refs[0]) if len(refs) == 1 else OutputHandles(self, refs)

    def _free_key(self, definition: StepDefinition, alias: str | None) -> str:
        key = definition.name if alias is None else alias
        taken = self.placed.get(key)
        if taken is None:
            return key
        if alias is not None or taken.definition is not definition:
            problem = "another step has this key already; give this one a key of its own with .alias('...')"
            raise InvalidDefinitionError(place=self.place_of(key), problem=problem)
        number = self._numbers.get(key, 1) + 1
        while f"{key}_{number}" in self.placed:
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

    def _connect(self, key: str, name: str, value: Any) -> Connection:
        place = f"{self.place_of(key)}, input {name!r}"
        if not isinstance(value, (list, tuple)):
            return Connection((self._source(place, value),))
        if not value:
            problem = "an empty list connects it to nothing; leave it out, or give it a result"
            raise InvalidDefinitionError(place=place, problem=problem)
        return Connection(tuple(self._source(place, item) for item in value), is_fan_in=True)

    def _source(self, place: str, value: Any) -> OutputRef:
        if isinstance(value, OutputHandle):
            if value._trace is not self:
                problem = f"{value!r} is a result of another pipeline; call that step in this one"
                raise InvalidDefinitionError(place=place, problem=problem)
            return value._ref
        raise InvalidDefinitionError(place=place, problem=_why_no_result(value))


def _why_no_result(value: Any) -> str:
    if isinstance(value, OutputHandles):
        names = " or ".join(f".{name}" for name in value._refs)
        return f"it was given a step of several outputs whole; choose one of them: {names}"
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
