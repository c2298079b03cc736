"""`@pipeline`: steps wired into a graph."""

from __future__ import annotations

import functools
import heapq
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, overload

from dalsegno.definitions.describe import describe
from dalsegno.definitions.handles import ParameterHandle
from dalsegno.definitions.io_managers import IOManager
from dalsegno.definitions.modes import ModeDefinition
from dalsegno.definitions.names import (
    check_name,
    check_options,
    check_pipeline_tags,
    check_tags,
    check_text,
    refuse_positional,
)
from dalsegno.definitions.wiring import Connection, PlacedStep, Trace, current_trace, tracing
from dalsegno.errors import ConfigProblem, InvalidDefinitionError, InvalidRunConfigError
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.pipeline_snapshot import OutputRef, PipelineSnapshot
from dalsegno.snapshot.step_keys import step_names


class PipelineDefinition:
    """A pipeline: its steps in their places, and the modes that it can run with."""

    def __init__(
        self,
        name: str,
        steps: Iterable[PlacedStep],
        *,
        description: str | None = None,
        mode_defs: Sequence[ModeDefinition] | None = None,
        tags: Mapping[str, str] | None = None,
        body: Callable[..., Any] | None = None,
    ) -> None:
        self.name = check_name(name, place=f"pipeline {name!r}", what="pipeline")
        place = self.place
        self.description = check_text(description, place=place, what="description")
        self.tags: Mapping[str, str] = check_tags(tags, place=place)
        check_pipeline_tags(self.tags, place=place)
        # The function that called the steps; called again wherever this pipeline is called inside another one.
        self._body = body
        self.modes: Mapping[str, ModeDefinition] = _check_modes(mode_defs, place)
        # By step key, in topological order; where that leaves a choice, in the order in which they were given.
        self.steps: Mapping[str, PlacedStep] = _in_order(_check_steps(steps, place), place)
        self._check_connections()
        self._check_resources()
        self._check_configs()

    @property
    def place(self) -> str:
        """Where a fault of it is, in words."""
        return f"pipeline {self.name!r}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In the body of another pipeline: place its steps there, under keys `name.step`. Gives what its body gives.

        Raises InvalidDefinitionError.
        """
        return self._call(None, args, kwargs)

    def alias(self, key: str) -> AliasedPipeline:
        """The same pipeline, to be called inside another one under another name."""
        return AliasedPipeline(self, check_name(key, place=f"{self.place}, alias", what="pipeline"))

    def _call(self, alias: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        trace = current_trace()
        if trace is None:
            problem = "it is called in the body of another pipeline only; execute_pipeline(...) runs it"
            raise InvalidDefinitionError(place=self.place, problem=problem)
        if self._body is None:
            problem = "it was made without a function, so it can't be called inside another pipeline"
            raise InvalidDefinitionError(place=self.place, problem=problem)
        with trace.calling(self, alias) as key:
            returned = self._body(**body_arguments(self._body, trace.place_of(key), args, kwargs))
            trace.returned[key] = returned
            return returned

    def __repr__(self) -> str:
        return f"<pipeline {self.name!r}: {len(self.steps)} steps>"

    @functools.cached_property
    def snapshot(self) -> PipelineSnapshot:
        """The pipeline as a value."""
        return describe(self)

    def mode(self, name: str | None = None) -> ModeDefinition:
        """The mode of that name; without one the only mode. Raises InvalidRunConfigError."""
        chosen = next(iter(self.modes)) if name is None and len(self.modes) == 1 else name
        if chosen is not None and chosen in self.modes:
            return self.modes[chosen]
        known = ", ".join(map(repr, self.modes))
        said = "it has several modes; say which" if name is None else f"it has no mode {name!r}"
        problem = ConfigProblem(path="", message=f"{self.place}: {said}: {known}")
        raise InvalidRunConfigError(problems=(problem,))

    def resource_keys(self, step_keys: Iterable[str]) -> frozenset[str]:
        """What running these steps takes: their own resources, the IO managers of what they give and are given."""
        keys: set[str] = set()
        for name in step_names(step_keys):
            placed = self.steps[name]
            keys |= placed.definition.required_resource_keys
            keys |= {one.io_manager_key for one in placed.definition.outputs.values() if not one.is_order_only}
            for name, connection in placed.connections.items():
                if not placed.inputs[name].is_order_only:
                    keys |= {
                        self.steps[ref.step_key].definition.outputs[ref.output_name].io_manager_key
                        for ref in connection.sources
                    }
        return frozenset(keys)

    def _check_connections(self) -> None:
        for placed in self.steps.values():
            for name, connection in placed.connections.items():
                place = f"{self.place}, step {placed.key!r}, input {name!r}"
                declared = placed.inputs.get(name)
                if declared is None:
                    problem = f"the step has no such input.{known_names(name, placed.inputs)}"
                    raise InvalidDefinitionError(place=place, problem=problem)
                for ref in connection.sources:
                    self._check_source(place, ref, takes_value=not declared.is_order_only)
                    self._check_elements(place, placed, connection, ref)

    def _check_source(self, place: str, ref: OutputRef, *, takes_value: bool) -> None:
        outputs = self.steps[ref.step_key].definition.outputs
        if ref.output_name not in outputs:
            problem = f"step {ref.step_key!r} has no output {ref.output_name!r}.{known_names(ref.output_name, outputs)}"
            raise InvalidDefinitionError(place=place, problem=problem)
        if takes_value and outputs[ref.output_name].is_order_only:
            problem = f"it takes a value, but {ref} is declared Nothing; for order without data write start=..."
            raise InvalidDefinitionError(place=place, problem=problem)

    def _check_elements(self, place: str, placed: PlacedStep, connection: Connection, ref: OutputRef) -> None:
        source = self.steps[ref.step_key]
        is_dynamic = source.definition.outputs[ref.output_name].is_dynamic
        over = ref if is_dynamic else source.mapped_over
        if over is None and connection.is_collect:
            raise InvalidDefinitionError(place=place, problem=f"it collects {ref}, which has no elements")
        if over is not None and not connection.is_collect and over != placed.mapped_over:
            problem = f"{ref} has elements; map the step over {over}, or collect them"
            raise InvalidDefinitionError(place=place, problem=problem)

    def _check_configs(self) -> None:
        # Each raises where no schema can be made of it; it is made once for a definition.
        for placed in self.steps.values():
            _ = placed.definition.config_schema
        for mode in self.modes.values():
            for definition in mode.resources.values():
                _ = definition.config_schema

    def _check_resources(self) -> None:
        for mode in self.modes.values():
            for placed in self.steps.values():
                place = f"{self.place}, mode {mode.name!r}, step {placed.key!r}"
                managers = {one.io_manager_key for one in placed.definition.outputs.values() if not one.is_order_only}
                for key in sorted(placed.definition.required_resource_keys | managers):
                    if key not in mode.resources:
                        add = f"add it to resource_defs.{known_names(key, mode.resources)}"
                        problem = f"needs the resource {key!r}, which the mode does not have: {add}"
                        raise InvalidDefinitionError(place=place, problem=problem)
                for key in sorted(managers):
                    makes = mode.resources[key].makes
                    if makes is None or not issubclass(makes, IOManager):
                        problem = f"stores an output with the resource {key!r}, which is no IO manager: use @io_manager"
                        raise InvalidDefinitionError(place=place, problem=problem)


class AliasedPipeline:
    """A pipeline with the name under which it is to be called inside another one."""

    def __init__(self, definition: PipelineDefinition, key: str) -> None:
        self.definition = definition
        self.key = key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the pipeline itself, under the name of the alias."""
        return self.definition._call(self.key, args, kwargs)

    def __repr__(self) -> str:
        return f"<pipeline {self.definition.name!r} as {self.key!r}>"


@overload
def pipeline(function: Callable[..., Any], /) -> PipelineDefinition: ...


@overload
def pipeline(
    *,
    name: str | None = None,
    description: str | None = None,
    mode_defs: Sequence[ModeDefinition] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], PipelineDefinition]: ...


def pipeline(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a pipeline of a function that calls steps on each other's results: `@pipeline`, or `@pipeline(name=...)`.

    The function is called once, here, to see how the steps are connected, and once more wherever the pipeline is called
    inside another one. Its parameters then take results, and what it returns is given to the caller; by itself, what a
    parameter is given to takes its value from the run config. Raises InvalidDefinitionError.
    """
    check_options(options, ("name", "description", "mode_defs", "tags"), decorator="pipeline")
    if function is None:
        return lambda decorated: _define(decorated, **options)
    return _define(function, **options)


def _define(function: Any, *, name: Any = None, description: Any = None, **options: Any) -> PipelineDefinition:
    if not inspect.isfunction(function):
        raise refuse_positional(function, decorator="pipeline")
    chosen = check_name(name or function.__name__, place=f"pipeline {name or function.__name__!r}", what="pipeline")
    place = f"pipeline {chosen!r}"
    trace, _ = trace_body(function, place)
    described = description or inspect.getdoc(function)
    made = PipelineDefinition(chosen, trace.placed.values(), description=described, body=function, **options)
    functools.update_wrapper(made, function, updated=())
    return made


def trace_body(function: Callable[..., Any], place: str) -> tuple[Trace, Any]:
    """The steps that a pipeline's function places, its parameters left to the run config; and what it returns.

    Raises InvalidDefinitionError.
    """
    with tracing(Trace(place)) as trace:
        returned = function(**body_arguments(function, place, (), {}))
    return trace, returned


def body_arguments(
    function: Callable[..., Any], place: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """What a pipeline's function is called with: a parameter that is given nothing is left to the run config."""
    signature = inspect.signature(function)
    for one in signature.parameters.values():
        if one.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
            problem = f"its parameter {one.name!r} is given by name; take out the '*' or '/'"
            raise InvalidDefinitionError(place=place, problem=problem)
    try:
        bound = signature.bind_partial(*args, **kwargs)
    except TypeError as error:
        known = ", ".join(signature.parameters) or "none"
        raise InvalidDefinitionError(place=place, problem=f"{error}; its parameters: {known}") from None
    free = {
        name: ParameterHandle(place, name)
        for name, one in signature.parameters.items()
        if name not in bound.arguments and one.default is inspect.Parameter.empty
    }
    return {**bound.arguments, **free}


def _check_modes(mode_defs: Any, place: str) -> dict[str, ModeDefinition]:
    if mode_defs is not None and not isinstance(mode_defs, (list, tuple)):
        raise InvalidDefinitionError(place=place, problem=f"mode_defs is a list of ModeDefinition, not {mode_defs!r}")
    modes: dict[str, ModeDefinition] = {}
    for mode in mode_defs or (ModeDefinition(),):
        if not isinstance(mode, ModeDefinition):
            raise InvalidDefinitionError(place=place, problem=f"mode_defs holds {mode!r}; write ModeDefinition(...)")
        if mode.name in modes:
            raise InvalidDefinitionError(place=place, problem=f"two modes are named {mode.name!r}")
        modes[mode.name] = mode
    return modes


def _check_steps(steps: Iterable[PlacedStep], place: str) -> dict[str, PlacedStep]:
    placed: dict[str, PlacedStep] = {}
    for one in steps:
        # Pipelines that it was called in have their own names checked.
        within = f"{one.enclosing[-1]}." if one.enclosing else ""
        check_name(one.key.removeprefix(within), place=place, what="step")
        if one.key in placed:
            raise InvalidDefinitionError(place=place, problem=f"two steps have the key {one.key!r}")
        placed[one.key] = one
    if not placed:
        raise InvalidDefinitionError(place=place, problem="it has no steps; call them in its body")
    for one in placed.values():
        for name, ref in ((name, ref) for name, connection in one.connections.items() for ref in connection.sources):
            if ref.step_key not in placed:
                problem = f"no step has the key {ref.step_key!r}.{known_names(ref.step_key, placed)}"
                raise InvalidDefinitionError(place=f"{place}, step {one.key!r}, input {name!r}", problem=problem)
    return placed


def _in_order(placed: Mapping[str, PlacedStep], place: str) -> dict[str, PlacedStep]:
    keys = list(placed)
    position = {key: index for index, key in enumerate(keys)}
    sorter = TopologicalSorter({key: _upstream(one.connections.values()) for key, one in placed.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        problem = f"its steps wait for each other in a circle: {' -> '.join(error.args[1])}"
        raise InvalidDefinitionError(place=place, problem=problem) from None
    ready = [position[key] for key in sorter.get_ready()]
    heapq.heapify(ready)
    ordered: dict[str, PlacedStep] = {}
    while ready:
        key = keys[heapq.heappop(ready)]
        ordered[key] = placed[key]
        sorter.done(key)
        for freed in sorter.get_ready():
            heapq.heappush(ready, position[freed])
    return ordered


def _upstream(connections: Iterable[Connection]) -> set[str]:
    return {ref.step_key for connection in connections for ref in connection.sources}
