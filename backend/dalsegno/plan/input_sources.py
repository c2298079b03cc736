"""Where each input of the steps that execute is loaded from, decided before anything runs.

1. The producing step executes in this run: from this run.
2. The run config gives the input: from there.
3. Else the nearest run of the lineage in which the producing step ended well decides: its output from there; if it made
   none there, what needs it is skipped, never served an older value.
4. A producing step that ended well nowhere, or whose stored bytes are gone: a missing output.
5. A collect takes every element that there is: each by itself is decided as any other source. Where its generator
   executes, which elements there will be is not known yet, so all of them have to execute too.

A skip beats a missing output: what will be skipped for certain needs nothing. Order-only inputs load nothing across
runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from dalsegno.errors import ConfigProblem, InvalidRunConfigError, MissingOutput, MissingOutputsError
from dalsegno.plan.plan import InputSource, PlannedInput, PlanWarning, PlanWarningKind
from dalsegno.plan.planned_rows import generator_to_run
from dalsegno.runs.lineage import EffectiveStep
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import InputSnapshot, OutputRef, StepSnapshot
from dalsegno.snapshot.step_keys import ANY_KEY, mapping_key_of, step_name
from dalsegno.snapshot.step_rows import StepRows


class ResolvedInputs(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of every step that executes, and what a person should know about them."""

    # By step key.
    inputs: Mapping[str, tuple[PlannedInput, ...]]
    warnings: tuple[PlanWarning, ...]


def resolve_inputs(
    rows: StepRows,
    executed: Collection[str],
    effective: Mapping[str, EffectiveStep],
    run_config: Mapping[str, object],
    gone: Mapping[str, str],
) -> ResolvedInputs:
    """Decide the sources of all inputs of the steps in `executed`.

    `effective` is what counts in the parent's lineage (empty for a first run); `gone` says, by address, what is wrong
    with stored bytes that can't be loaded. Raises MissingOutputsError with every output that is not to be had, and
    InvalidRunConfigError where an input that only the run config can give is not given, or given twice.
    """
    resolver = _Resolver(rows, executed, effective, run_config, gone)
    for step in rows.steps:
        if step.key in executed:
            resolver.resolve(step)
    if resolver.problems:
        raise InvalidRunConfigError(problems=tuple(resolver.problems))
    if resolver.missing:
        raise MissingOutputsError(missing=tuple(resolver.missing), step_keys_to_add=resolver.steps_to_add())
    return ResolvedInputs(inputs=resolver.inputs, warnings=tuple(resolver.warnings))


def stored_sources(
    rows: StepRows,
    executed: Collection[str],
    effective: Mapping[str, EffectiveStep],
    run_config: Mapping[str, object],
) -> tuple[InputSource, ...]:
    """The stored outputs that the steps in `executed` would load, those of a fan-in all of them, if they are there."""
    resolver = _Resolver(rows, executed, effective, run_config, {})
    for step in rows.steps:
        if step.key in executed:
            resolver.resolve(step)
    return tuple(
        source
        for inputs in resolver.inputs.values()
        for one in inputs
        if not one.is_order_only
        for source in one.sources
        if source.uri is not None
    )


def made_output(rows: StepRows, ref: OutputRef, step: EffectiveStep | None) -> bool | None:
    """Whether the deciding run made this output; None where no run of the lineage decides.

    A required output that a success did not record was added to the definition since: nobody has made it yet.
    """
    if rows.is_over_nothing(ref):
        return False
    if step is None or step.well is None:
        return None
    if step.well.status is StepStatus.SKIPPED:
        return False
    if step.well.output(ref.output_name, ref.element) is not None:
        return True
    return None if rows.by_key[ref.step_key].output(ref.output_name).is_required else False


def stays_skipped(
    rows: StepRows, step_key: str, again: Collection[str], effective: Mapping[str, EffectiveStep]
) -> bool:
    """An output that the step waits for was not made, and its producer is not among those that may make it `again`."""

    def waits_in_vain(one: InputSnapshot) -> bool:
        absent = [
            ref.step_key not in again and made_output(rows, ref, effective.get(ref.step_key)) is False
            for ref in sources_there_are(rows, one)
        ]
        return bool(absent) and (all(absent) if one.is_fan_in else any(absent))

    return any(waits_in_vain(one) for one in rows.by_key[step_key].inputs)


def sources_there_are(rows: StepRows, one: InputSnapshot) -> Collection[OutputRef]:
    """The outputs that an input takes; none for what it collects of an output that was mapped over nothing."""
    return [ref for ref in one.sources if not rows.is_over_nothing(ref)] if one.is_collect else one.sources


class _Resolver:
    def __init__(
        self,
        rows: StepRows,
        executed: Collection[str],
        effective: Mapping[str, EffectiveStep],
        run_config: Mapping[str, object],
        gone: Mapping[str, str],
    ) -> None:
        self.rows = rows
        self.executed = executed
        self.effective = effective
        self.gone = gone
        self.given = _inputs_given(run_config)
        self.inputs: dict[str, tuple[PlannedInput, ...]] = {}
        self.missing: list[MissingOutput] = []
        self.problems: list[ConfigProblem] = []
        self.warnings: list[PlanWarning] = []
        # Steps that execute, of which it is certain now that they will be skipped.
        self.bound_to_skip: set[str] = set()

    def resolve(self, step: StepSnapshot) -> None:
        inputs: list[PlannedInput] = []
        missing: list[MissingOutput] = []
        is_skipped = False
        for one in step.inputs:
            missing_here: list[MissingOutput] = []
            inputs.append(self._input(step, one, missing_here))
            is_skipped = is_skipped or self._skips(inputs[-1], is_complete=not missing_here)
            missing += missing_here
        self.inputs[step.key] = tuple(inputs)
        if is_skipped:
            self.bound_to_skip.add(step.key)
        else:
            self.missing += missing

    def _input(self, step: StepSnapshot, one: InputSnapshot, missing: list[MissingOutput]) -> PlannedInput:
        given = one.name in self.given.get(step_name(step.key), ())
        if given and self._is_of_an_element(step, one):
            self._problem(step, one, "is what its step is mapped over, so it can't be given; leave it out")
        elif given and any(ref.step_key in self.executed for ref in one.sources):
            self._problem(step, one, "is connected to a step that runs, so it can't be given too; leave it out")
        if not one.sources and not (given or one.has_default or one.is_order_only):
            self._problem(step, one, "is required: nothing is connected to it, and it has no default")
        if given or not one.sources:
            return PlannedInput(name=one.name, is_fan_in=one.is_fan_in, is_order_only=one.is_order_only)
        sources: list[InputSource] = []
        absent: list[OutputRef] = []
        for ref in sources_there_are(self.rows, one):
            self._source(step, one, ref, sources, absent, missing)
        return PlannedInput(
            name=one.name,
            sources=tuple(sources),
            absent=tuple(absent),
            is_fan_in=one.is_fan_in,
            is_collect=one.is_collect,
            is_order_only=one.is_order_only,
        )

    def _source(
        self,
        step: StepSnapshot,
        one: InputSnapshot,
        ref: OutputRef,
        sources: list[InputSource],
        absent: list[OutputRef],
        missing: list[MissingOutput],
    ) -> None:
        if ref.step_key in self.executed:
            sources.append(InputSource(step_key=ref.step_key, output_name=ref.output_name, mapping_key=ref.element))
            return
        generator = generator_to_run(self.rows.by_key[ref.step_key], self.executed)
        if generator is not None:
            why = f"which elements there are is known once {generator} has run, so all of them have to execute too"
            missing.append(_missing(step, one, ref, why))
            return
        producer = self.effective.get(ref.step_key)
        made = made_output(self.rows, ref, producer)
        if made is False:
            absent.append(OutputRef(ref.step_key, ref.output_name))
        elif one.is_order_only:
            if made is None:
                self._warn_unsettled_order(step, ref)
        elif made is None or producer is None:
            why = "no run of the lineage has produced it" if self.effective else _GIVE_IT.format(step.key, one.name)
            missing.append(_missing(step, one, ref, why))
        else:
            source = _stored(ref, producer)
            problem = self.gone.get(source.uri) if source.uri else None
            if problem is None:
                sources.append(source)
                self._warn_older_success(step, producer)
            else:
                missing.append(_missing(step, one, ref, problem))

    def _skips(self, one: PlannedInput, *, is_complete: bool) -> bool:
        """The input will certainly skip its step. A fan-in does so where all of it is known to be absent."""
        if one.is_fan_in and not is_complete:
            return False
        if one.is_fan_in:
            # Where there turn out to be no elements, what collects them is not skipped.
            present = [
                source
                for source in one.sources
                if source.run_id
                or source.step_key not in self.bound_to_skip
                or (one.is_collect and mapping_key_of(source.step_key) == ANY_KEY)
            ]
            return bool(one.absent or one.sources) and not present
        return bool(one.absent) or any(
            source.run_id is None and source.step_key in self.bound_to_skip for source in one.sources
        )

    def _is_of_an_element(self, step: StepSnapshot, one: InputSnapshot) -> bool:
        if step.mapped_over is None or one.is_collect:
            return False
        return any(ref.element or self.rows.by_key[ref.step_key].mapped_over for ref in one.sources)

    def _problem(self, step: StepSnapshot, one: InputSnapshot, message: str) -> None:
        self.problems.append(ConfigProblem(path=f"/steps/{step_name(step.key)}/inputs/{one.name}", message=message))

    def _warn_unsettled_order(self, step: StepSnapshot, ref: OutputRef) -> None:
        self.warnings.append(
            PlanWarning(
                kind=PlanWarningKind.ORDER_ONLY_UPSTREAM_UNSETTLED,
                step_key=step.key,
                message=f"{step.key} is to run after {ref.step_key}, which has not ended well in this lineage.",
                step_keys_to_add=(ref.step_key,),
            )
        )

    def _warn_older_success(self, step: StepSnapshot, producer: EffectiveStep) -> None:
        if producer.status.ended_well:
            return
        self.warnings.append(
            PlanWarning(
                kind=PlanWarningKind.OLDER_SUCCESS_AFTER_FAILURE,
                step_key=step.key,
                message=(
                    f"{step.key} loads what {producer.step_key} stored in run {producer.well_run_id}; "
                    f"{producer.step_key} did not end well after that."
                ),
                step_keys_to_add=(producer.step_key,),
            )
        )

    def steps_to_add(self) -> tuple[str, ...]:
        """What to execute besides, so that nothing is missing: the producers, and what they would miss in turn."""
        wanted: set[str] = set()
        pending = [one.upstream_step_key for one in self.missing]
        while pending:
            key = pending.pop()
            if key in wanted or key not in self.rows.by_key:
                continue
            wanted.add(key)
            for one in self.rows.by_key[key].inputs:
                for ref in one.sources:
                    producer = self.effective.get(ref.step_key)
                    made = made_output(self.rows, ref, producer)
                    lost = producer is not None and made and _stored(ref, producer).uri in self.gone
                    if ref.step_key not in self.executed and not one.is_order_only and (made is None or lost):
                        pending.append(ref.step_key)
        return tuple(key for key in self.rows.by_key if key in wanted)


_GIVE_IT = "its step is not part of this run; select it too, or give the value in the run config at /steps/{}/inputs/{}"


def _stored(ref: OutputRef, producer: EffectiveStep) -> InputSource:
    assert producer.well is not None
    output = producer.well.output(ref.output_name, ref.element)
    assert output is not None
    return InputSource(
        step_key=ref.step_key,
        output_name=ref.output_name,
        mapping_key=ref.element,
        run_id=producer.well_run_id,
        attempt=producer.well.attempts[-1].number if producer.well.attempts else None,
        uri=output.uri,
        digest=output.digest,
        size_bytes=output.size_bytes,
    )


def _missing(step: StepSnapshot, one: InputSnapshot, ref: OutputRef, why: str) -> MissingOutput:
    return MissingOutput(
        step_key=step.key,
        input_name=one.name,
        upstream_step_key=ref.step_key,
        output_name=ref.output_name,
        why=why,
    )


def _inputs_given(run_config: Mapping[str, object]) -> Mapping[str, Collection[str]]:
    """Step key -> names of the inputs that a (checked) run config gives."""
    steps = run_config.get("steps")
    if not isinstance(steps, Mapping):
        return {}
    return {key: one["inputs"] for key, one in steps.items() if isinstance(one, Mapping) and one.get("inputs")}
