"""One attempt of a step: load its inputs, call the author's function, store what it gives."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from dalsegno.definitions import DynamicOutput, StepContext
from dalsegno.definitions.context import LogSink
from dalsegno.definitions.inputs_outputs import GivenOutput
from dalsegno.plan.plan import InputSource, PlannedStep
from dalsegno.runs.attempts import Provenance, StepOutput
from dalsegno.runs.provenance import attempt_identity, config_digest, digest_of, idempotency_key
from dalsegno.snapshot.step_keys import step_name
from dalsegno.worker.preview import preview_of
from dalsegno.worker.run_environment import RunEnvironment
from dalsegno.worker.run_execution import Attempt


class StepInputs(msgspec.Struct, frozen=True):
    """Where the inputs of one attempt are loaded from, by name; a fan-in's list in the order of its definition."""

    single: Mapping[str, InputSource]
    fan_in: Mapping[str, tuple[InputSource, ...]]

    @classmethod
    def of(cls, step: PlannedStep, in_this_run: Callable[[InputSource], InputSource | None]) -> StepInputs:
        """Of a planned step; `in_this_run` tells where its own run has stored a source, None where it made none."""
        single: dict[str, InputSource] = {}
        fan_in: dict[str, tuple[InputSource, ...]] = {}
        for one in step.inputs:
            if one.is_order_only or not (one.sources or one.absent or one.is_collect):
                continue
            found = (source if source.run_id is not None else in_this_run(source) for source in one.sources)
            present = tuple(source for source in found if source is not None)
            if one.is_fan_in:
                fan_in[one.name] = present
            else:
                (single[one.name],) = present
        return cls(single, fan_in)

    def digests(self) -> dict[str, tuple[str | None, ...]]:
        """Per input, of what it is loaded from."""
        return {name: tuple(one.digest for one in sources) for name, sources in self._sources()}

    def identities(self, run_id: str) -> dict[str, tuple[str | None, ...]]:
        """Per input, the digests; of what has none, the attempt that made it. `run_id` is the run that loads it."""
        return {
            name: tuple(
                one.digest or attempt_identity(one.run_id or run_id, one.step_key, one.attempt or 1) for one in sources
            )
            for name, sources in self._sources()
        }

    def _sources(self) -> Iterator[tuple[str, tuple[InputSource, ...]]]:
        yield from ((name, (one,)) for name, one in self.single.items())
        yield from self.fan_in.items()


class Done(msgspec.Struct, frozen=True):
    """What a successful attempt has stored."""

    outputs: tuple[StepOutput, ...]
    provenance: Provenance


def execute_attempt(environment: RunEnvironment, attempt: Attempt, inputs: StepInputs, log: LogSink) -> Done:
    """Make one attempt here.

    Raises whatever the author's code raises, OutputUnavailableError where an input can't be loaded, and
    OutputNotStoredError where an output can't be stored.
    """
    run = environment.run
    key = attempt.step_key
    name = step_name(key)
    definition = environment.pipeline.steps[name].definition
    given = environment.inputs_given(key)
    given_digests = {one: (digest_of(value),) for one, value in given.items()}
    config = config_digest(run.run_config, name, environment.resource_keys_read(key))
    context = definition.context(
        config=environment.config_of(key),
        resources=environment.resources,
        run_id=run.run_id,
        parent_run_id=run.parent_run_id,
        root_run_id=run.root_run_id,
        pipeline_name=run.pipeline_name,
        step_key=key,
        attempt=attempt.number,
        tags=run.tags,
        idempotency_key=idempotency_key(run.root_run_id, key, config, inputs.digests() | given_digests),
        log=log,
    )
    values: dict[str, Any] = dict(given)
    for input_name, source in inputs.single.items():
        values[input_name] = environment.load(source, step_key=key, input_name=input_name)
    for input_name, elements in inputs.fan_in.items():
        values[input_name] = [environment.load(one, step_key=key, input_name=input_name) for one in elements]
    outputs = tuple(
        _store(environment, attempt, context, output)
        for output in _of_this_process(lambda: definition.invoke(context, values))
    )
    provenance = Provenance(
        code_version=environment.pipeline.snapshot.by_key[name].code_version,
        config_digest=config,
        input_digests=inputs.identities(run.run_id) | given_digests,
    )
    return Done(outputs, provenance)


def _of_this_process(call: Callable[[], Iterable[GivenOutput]]) -> Iterator[GivenOutput]:
    """What the function gives; a copy of this process that it has forked, and that comes back from it, ends here."""
    pid = os.getpid()
    try:
        for output in call():
            if os.getpid() != pid:
                break
            yield output
    except BaseException:
        if os.getpid() == pid:
            raise
        traceback.print_exc()
        _end_copy(1)
    if os.getpid() != pid:
        _end_copy(0)


def _end_copy(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


def _store(environment: RunEnvironment, attempt: Attempt, context: StepContext, output: GivenOutput) -> StepOutput:
    stored, metadata = environment.store(context, output, attempt.token)
    return StepOutput(
        name=output.output_name,
        mapping_key=output.mapping_key if isinstance(output, DynamicOutput) else None,
        uri=stored.uri,
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        preview=None if output.value is None else preview_of(output.value),
        metadata=metadata,
    )
