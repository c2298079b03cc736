"""What the attempts of a run share in one process: resources, IO managers, the checked config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from dalsegno.definitions import (
    DynamicOutput,
    InputContext,
    IOManager,
    OutputContext,
    PipelineDefinition,
    ResourceDefinition,
    StepContext,
    StepDefinition,
)
from dalsegno.definitions.context import LogSink
from dalsegno.definitions.inputs_outputs import GivenOutput
from dalsegno.errors import ConfigProblem, DalsegnoError, InvalidRunConfigError, OutputNotStoredError
from dalsegno.output_storage import OutputStorage, StoredOutput
from dalsegno.plan.plan import InputSource
from dalsegno.runs.run import Run
from dalsegno.snapshot.step_keys import step_name, step_names


class ResourceFailure(Exception):
    """A resource could not be made; what it is raised from says why."""


class RunEnvironment:
    """Resources and IO managers of one run, made and ready."""

    def __init__(
        self, pipeline: PipelineDefinition, run: Run, resources: Mapping[str, Any], storage: OutputStorage
    ) -> None:
        self.pipeline = pipeline
        self.run = run
        self.resources = resources
        self._storage = storage
        self._mode = pipeline.mode(run.mode)

    def config_of(self, step_key: str) -> Any:
        """An instance of the step's config model; None where it has none."""
        name = step_name(step_key)
        return self.pipeline.steps[name].definition.parse_config(self._given(name).get("config"), name)

    def inputs_given(self, step_key: str) -> Mapping[str, Any]:
        """The inputs that the run config gives to a step."""
        return self._given(step_name(step_key)).get("inputs") or {}

    def resource_keys_read(self, step_key: str) -> tuple[str, ...]:
        """The resources that a step uses, with those that they use in turn."""
        return self._mode.with_required(self.pipeline.steps[step_name(step_key)].definition.required_resource_keys)

    def load(self, source: InputSource, *, step_key: str, input_name: str) -> Any:
        """The value of a stored output, for an input.

        Raises OutputUnavailableError where it is gone or damaged, and whatever an author's IO manager raises.
        """
        producer = self.pipeline.steps[step_name(source.step_key)].definition.outputs[source.output_name]
        context = InputContext(
            name=input_name,
            step_key=step_key,
            run_id=self.run.run_id,
            upstream_output=OutputContext(
                run_id=source.run_id or self.run.run_id,
                pipeline_name=self.run.pipeline_name,
                step_key=source.step_key,
                name=source.output_name,
                mapping_key=source.mapping_key,
                attempt=source.attempt or 1,
                metadata=producer.metadata,
                resources=self.resources,
                storage=self._storage,
                uri=source.uri,
                digest=source.digest,
                size_bytes=source.size_bytes,
            ),
            resources=self.resources,
            storage=self._storage,
        )
        return self._manager(producer.io_manager_key).load_input(context)

    def store(
        self, step: StepContext, output: GivenOutput, attempt_token: str
    ) -> tuple[StoredOutput, Mapping[str, Any]]:
        """Store an output's value: where it is now, and its metadata.

        Raises OutputNotStoredError, and whatever an author's IO manager raises.
        """
        mapping_key = output.mapping_key if isinstance(output, DynamicOutput) else None
        declared = self.pipeline.steps[step_name(step.step_key)].definition.outputs[output.output_name]
        context = OutputContext(
            run_id=step.run_id,
            pipeline_name=step.pipeline_name,
            step_key=step.step_key,
            name=output.output_name,
            mapping_key=mapping_key,
            attempt=step.attempt,
            attempt_token=attempt_token,
            metadata={
                **declared.metadata,
                **step.take_output_metadata(output.output_name, mapping_key),
                **(output.metadata or {}),
            },
            tags=step.tags,
            config=step.config,
            resources=self.resources,
            log=step.log,
            storage=self._storage,
        )
        if declared.is_order_only:
            return StoredOutput(), context.metadata
        try:
            stored = self._manager(declared.io_manager_key).handle_output(context, output.value)
        except DalsegnoError:
            raise
        except OSError as error:
            raise OutputNotStoredError(
                step_key=step.step_key, output_name=output.output_name, uri=error.filename, problem=str(error)
            ) from error
        return stored or StoredOutput(), context.metadata

    def _given(self, step_key: str) -> Mapping[str, Any]:
        given: Mapping[str, Any] = self.run.run_config.get("steps", {}).get(step_key) or {}
        return given

    def _manager(self, key: str) -> IOManager:
        manager: IOManager = self.resources[key]
        return manager


@contextmanager
def open_environment(
    pipeline: PipelineDefinition,
    run: Run,
    step_keys: Iterable[str],
    storage: OutputStorage,
    *,
    log: LogSink | None = None,
    on_teardown_failure: Callable[[BaseException], None] | None = None,
    interruptible: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[RunEnvironment]:
    """The environment in which these steps can execute and their outputs be loaded.

    Raises ResourceFailure where a resource can't be made. Where one can't be torn down, `on_teardown_failure` is told:
    what the run has done stands. Only within `interruptible` may KeyboardInterrupt come.
    """
    mode = pipeline.mode(run.mode)
    opened = mode.opened(pipeline.resource_keys(step_keys), run_id=run.run_id, run_config=run.run_config, log=log)
    try:
        with interruptible():
            values = opened.__enter__()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ResourceFailure from error
    try:
        yield RunEnvironment(pipeline, run, values, storage)
    finally:
        try:
            opened.__exit__(None, None, None)
        except Exception as error:  # noqa: BLE001 - an author's teardown may raise anything
            if on_teardown_failure is not None:
                on_teardown_failure(error)


class GrowingEnvironment:
    """The environment of one run in a process that executes some of its steps: made as these need it.

    Each resource is made once, and stays until `close`.
    """

    def __init__(
        self, pipeline: PipelineDefinition, run: Run, storage: OutputStorage, *, log: LogSink | None = None
    ) -> None:
        self.pipeline = pipeline
        self.run = run
        self._values: dict[str, Any] = {}
        self._environment = RunEnvironment(pipeline, run, self._values, storage)
        self._log = log
        self._made = ExitStack()

    def is_made_for(self, step_keys: Iterable[str]) -> bool:
        """All that these steps need is made."""
        return self.pipeline.resource_keys(step_keys) <= self._values.keys()

    def made_for(self, step_keys: Iterable[str]) -> RunEnvironment:
        """The environment, with all that these steps need. Raises ResourceFailure where a resource can't be made."""
        if self.is_made_for(step_keys := tuple(step_keys)):
            return self._environment
        keys = self.pipeline.resource_keys(step_keys)
        opened = self.pipeline.mode(self.run.mode).opened(
            keys, run_id=self.run.run_id, run_config=self.run.run_config, log=self._log, made=self._values
        )
        try:
            values = self._made.enter_context(opened)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ResourceFailure from error
        self._values.update(values)
        return self._environment

    def close(self) -> None:
        """Tear down what was made, the last one first. Raises what a teardown raises; the others are torn down too."""
        self._made.close()


def check_config(
    pipeline: PipelineDefinition, mode_name: str, run_config: Mapping[str, Any], step_keys: Iterable[str]
) -> None:
    """What the authors' own config models say of a run config: of these steps, and of the resources that they use.

    Raises InvalidRunConfigError with every problem.
    """
    keys = step_names(step_keys)
    mode = pipeline.mode(mode_name)
    readers: list[tuple[StepDefinition | ResourceDefinition, str, str]] = [
        *((pipeline.steps[key].definition, "steps", key) for key in keys),
        *((mode.resources[key], "resources", key) for key in mode.with_required(pipeline.resource_keys(keys))),
    ]
    problems: list[ConfigProblem] = []
    for reader, section, key in readers:
        try:
            reader.parse_config((run_config.get(section, {}).get(key) or {}).get("config"), key)
        except InvalidRunConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidRunConfigError(problems=tuple(problems))
