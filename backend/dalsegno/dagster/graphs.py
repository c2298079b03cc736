"""`@pipeline`, `@job` and `@graph`: functions of Dagster code that wire steps."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from dalsegno import definitions
from dalsegno.dagster.modes import ModeDefinition
from dalsegno.dagster.ops import OpDefinition, texts
from dalsegno.dagster.refusals import refuse_argument, refuse_arguments
from dalsegno.dagster.resources import CarriedResource
from dalsegno.dagster.run_config import carried_config, section_of, told_as
from dalsegno.definitions.handles import DynamicHandle, OutputHandle
from dalsegno.definitions.inputs_outputs import RESULT
from dalsegno.definitions.names import check_name, check_tags, check_text, refuse_positional
from dalsegno.definitions.pipeline import PipelineDefinition, body_arguments, trace_body
from dalsegno.definitions.wiring import PlacedStep, current_trace
from dalsegno.errors import InvalidDefinitionError, InvalidRunConfigError
from dalsegno.snapshot.config_schema import check_run_config
from dalsegno.snapshot.pipeline_snapshot import OutputRef

if TYPE_CHECKING:
    from dalsegno.dagster.result import CarriedResult
    from dalsegno.instance import Instance


class CarriedPipeline(PipelineDefinition):
    """A pipeline or job of Dagster code."""

    # What its run configs call the steps, where they do not say.
    section = "solids"

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        mode_defs: Sequence[definitions.ModeDefinition] | None = None,
        tags: Mapping[str, Any] | None = None,
        solid_retry_policy: definitions.RetryPolicy | None = None,
        config: Any = None,
        **others: Any,
    ) -> None:
        name = name or function.__name__
        place = f"pipeline {check_name(name, place=f'pipeline {name!r}', what='pipeline')!r}"
        refuse_arguments(others, place=place, known=PIPELINE_OPTIONS)
        trace, returned = trace_body(function, place)
        mode_defs = mode_defs or [ModeDefinition()]
        run_tags = check_tags(texts(tags), place=place)
        document: Mapping[str, Any] = {}
        if config is not None:
            draft = PipelineDefinition(name, trace.placed.values(), mode_defs=mode_defs)
            document = _checked_config(draft, config, self.section)
            mode_defs = _modes_with(draft.modes.values(), document.get("resources", {}))
        configs = document.get("steps", {})
        super().__init__(
            name,
            [_within(one, run_tags, solid_retry_policy, configs.get(one.key)) for one in trace.placed.values()],
            description=description or inspect.getdoc(function),
            mode_defs=mode_defs,
            tags=run_tags,
            body=function,
        )
        # By name, the outputs that its body returns; and those of each graph that it calls.
        self.returned: Mapping[str, OutputRef] = _returned(returned)
        self.returned_by_graph = {key: _returned(given) for key, given in trace.returned.items()}
        functools.update_wrapper(self, function, updated=())


class JobDefinition(CarriedPipeline):
    """A job: one set of resources, and config that its runs have where they are given none."""

    section = "ops"

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        op_retry_policy: definitions.RetryPolicy | None = None,
        **others: Any,
    ) -> None:
        place = f"job {name or getattr(function, '__name__', '')!r}"
        if others.pop("metadata", None):
            refuse_argument("metadata", "say it with tags or the description", place=place)
        refuse_arguments(others, place=place, known=JOB_OPTIONS)
        super().__init__(
            function,
            name=name,
            description=description,
            mode_defs=[ModeDefinition(resource_defs=resource_defs)],
            tags={**(tags or {}), **(run_tags or {})},
            solid_retry_policy=op_retry_policy,
            config=config,
        )
        self._resource_defs = resource_defs
        self._with_resources = functools.partial(
            JobDefinition,
            function,
            name=name,
            description=description,
            config=config,
            tags=tags,
            run_tags=run_tags,
            op_retry_policy=op_retry_policy,
        )

    def execute_in_process(
        self,
        run_config: Mapping[str, Any] | None = None,
        instance: Instance | None = None,
        raise_on_error: bool = True,
        op_selection: str | Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> CarriedResult:
        """Run it here and now, the first run of a new group; with `resources` in place of its own of these keys.

        Raises what `dalsegno.execute_pipeline` raises, and InvalidDefinitionError for what is not carried over.
        """
        # What running needs is loaded with the first run.
        from dalsegno.dagster.execution import execute_pipeline

        refuse_arguments(others, place="execute_in_process", known=("run_config", "instance", "op_selection"))
        job = self
        if resources:
            job = self._with_resources(resource_defs={**(self._resource_defs or {}), **resources})
        return execute_pipeline(
            job,
            run_config=run_config,
            tags=tags,
            solid_selection=op_selection,
            instance=instance,
            raise_on_error=raise_on_error,
        )


class GraphDefinition:
    """Steps wired, without the resources that they need: called inside others, or made a job."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        given_name = name or function.__name__
        self.name = check_name(given_name, place=f"graph {given_name!r}", what="graph")
        for one in ("config", "ins", "out", "input_defs", "output_defs"):
            if others.pop(one, None) is not None:
                instead = "give it to to_job" if one == "config" else "its parameters and what it returns say it"
                refuse_argument(one, instead, place=self._place)
        refuse_arguments(others, place=self._place, known=("name", "description", "tags"))
        self.description = check_text(description, place=self._place, what="description")
        self.tags: Mapping[str, str] = check_tags(texts(tags), place=self._place)
        self._body = function
        # What is wired wrongly is told here, not by the first job.
        trace_body(function, self._place)
        functools.update_wrapper(self, function, updated=())

    @property
    def _place(self) -> str:
        return f"graph {self.name!r}"

    def __repr__(self) -> str:
        return f"<graph {self.name!r}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In the body of a pipeline, job or graph: place its steps there, under keys `name.step`."""
        return self._call(None, args, kwargs)

    def alias(self, key: str) -> Callable[..., Any]:
        """The same graph, to be called inside another one under another name."""
        check_name(key, place=f"{self._place}, alias", what="graph")
        return lambda *args, **kwargs: self._call(key, args, kwargs)

    def to_job(self, name: str | None = None, description: str | None = None, **options: Any) -> JobDefinition:
        """The graph with its resources, config and tags: a job. It takes what `@job` takes."""
        tags = {**self.tags, **(options.pop("tags", None) or {})}
        return JobDefinition(
            self._body, name=name or self.name, description=description or self.description, tags=tags, **options
        )

    def execute_in_process(
        self, run_config: Mapping[str, Any] | None = None, resources: Mapping[str, Any] | None = None, **options: Any
    ) -> CarriedResult:
        """Run it here and now as a job with these resources; the rest is as of a job's own."""
        return self.to_job(resource_defs=resources).execute_in_process(run_config, **options)

    def _call(self, alias: str | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        trace = current_trace()
        if trace is None:
            problem = "it is called in the body of a job or graph only; .execute_in_process(...) runs it"
            raise InvalidDefinitionError(place=self._place, problem=problem)
        with trace.calling(self, alias) as key:
            returned = self._body(**body_arguments(self._body, trace.place_of(key), args, kwargs))
            trace.returned[key] = returned
            return returned


PIPELINE_OPTIONS = ("name", "description", "mode_defs", "tags", "solid_retry_policy")
JOB_OPTIONS = ("name", "description", "resource_defs", "config", "tags", "run_tags", "op_retry_policy")


def pipeline(function: Any = None, /, **options: Any) -> Any:
    """Make a pipeline of a function that calls steps on each other's results, as Dagster's older `@pipeline`."""
    # What makes a job takes it; Dagster's pipelines took none.
    if options.get("config") is not None:
        refuse_argument("config", "write @job(config=...), or give it to the run", place="@pipeline")
    return _define(CarriedPipeline, function, options, decorator="pipeline")


def job(function: Any = None, /, **options: Any) -> Any:
    """Make a job of a function that calls steps on each other's results, as Dagster's `@job`."""
    return _define(JobDefinition, function, options, decorator="job")


def graph(function: Any = None, /, **options: Any) -> Any:
    """Make a graph of a function that calls steps on each other's results, as Dagster's `@graph`."""
    return _define(GraphDefinition, function, options, decorator="graph")


def _define(made: Callable[..., Any], function: Any, options: dict[str, Any], *, decorator: str) -> Any:
    if function is None or isinstance(function, str):
        # Older code gives the name without saying that it is one.
        named = options if function is None else {"name": function, **options}
        return lambda decorated: _define(made, _checked(decorated, decorator), named, decorator=decorator)
    return made(_checked(function, decorator), **options)


def _checked(function: Any, decorator: str) -> Any:
    if not inspect.isfunction(function):
        raise refuse_positional(function, decorator=decorator)
    return function


def _within(
    placed: PlacedStep, tags: Mapping[str, str], retry_policy: definitions.RetryPolicy | None, given: Any
) -> PlacedStep:
    place, of_step = f"step {placed.key!r}", given or {}
    if of_step.get("inputs"):
        refuse_argument("inputs", "give inputs in a run's own config", place=f"{place}, config of the job")
    definition = placed.definition
    if not isinstance(definition, OpDefinition):
        if of_step:
            raise InvalidDefinitionError(place=place, problem="it is no @op, so the job gives it no config")
        own = copy.copy(definition)
        own.retry_policy = definition.retry_policy or retry_policy
        return replace(placed, definition=own)
    made = definition.within(pipeline_tags=tags, retry_policy=retry_policy, default_config=of_step.get("config"))
    return replace(placed, definition=made)


def _checked_config(draft: PipelineDefinition, config: Any, section: str) -> dict[str, Any]:
    """A job's config as our own document, its names checked. Raises InvalidDefinitionError."""
    if not isinstance(config, Mapping):
        refuse_argument("config", f"it is a dict, not {config!r}", place=draft.place)
    (mode,) = draft.modes
    try:
        with told_as(section_of(config, section)):
            document: dict[str, Any] = carried_config(config)
            # Values are checked where they become defaults.
            check_run_config(draft.snapshot, mode, document, executed=())
    except InvalidRunConfigError as error:
        faults = "; ".join(f"{one.path or 'it'}: {one.message}" for one in error.problems)
        raise InvalidDefinitionError(place=f"{draft.place}, config", problem=faults) from None
    return document


def _modes_with(modes: Any, configs: Mapping[str, Any]) -> list[definitions.ModeDefinition]:
    made = []
    for mode in modes:
        resources = dict(mode.resources)
        for key, given in configs.items():
            config = (given or {}).get("config")
            if config is None:
                continue
            definition = resources[key]
            if not isinstance(definition, CarriedResource):
                place = f"resource {key!r}"
                raise InvalidDefinitionError(place=place, problem="it takes no config, and the job gives it some")
            resources[key] = definition.with_default(config)
        made.append(definitions.ModeDefinition(mode.name, resources, mode.description))
    return made


def _returned(returned: Any) -> dict[str, OutputRef]:
    given = returned if isinstance(returned, Mapping) else {RESULT: returned}
    return {name: one._ref for name, one in given.items() if isinstance(one, (OutputHandle, DynamicHandle))}
