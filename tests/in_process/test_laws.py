"""Laws of re-execution, on random pipelines with random histories, really run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dalsegno import (
    DalsegnoError,
    In,
    Instance,
    MissingOutputsError,
    Out,
    Output,
    PipelineResult,
    ReexecutionNotAllowedError,
    ReexecutionStrategy,
    StepStatus,
    execute_pipeline,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from dalsegno.definitions import PipelineDefinition
from dalsegno.plan.plan import Action, Plan
from tests.stored import everything_in, everything_of


class DrawnStep(msgspec.Struct, frozen=True):
    """A step of a random pipeline; `ends` is what its body does the n-th time it is entered, the last one repeats."""

    key: str
    upstream: tuple[str, ...]
    is_fan_in: bool
    ends: tuple[str, ...]


class DrawnRun(msgspec.Struct, frozen=True):
    """A re-execution of an earlier run: `parent` counts from the newest one back."""

    strategy: ReexecutionStrategy
    parent: int
    picked: tuple[int, ...]


@st.composite
def drawn_steps(draw: st.DrawFn) -> tuple[DrawnStep, ...]:
    keys = [f"s{number}" for number in range(draw(st.integers(2, 6)))]
    found = []
    for position, key in enumerate(keys):
        upstream = draw(st.lists(st.sampled_from(keys[:position]), unique=True, max_size=3)) if position else []
        ends = draw(st.lists(st.sampled_from(["ok", "ok", "ok", "fail", "skip"]), min_size=1, max_size=4))
        found.append(DrawnStep(key, tuple(upstream), draw(st.booleans()), tuple(ends)))
    return tuple(found)


drawn_runs = st.lists(
    st.builds(
        DrawnRun,
        strategy=st.sampled_from(list(ReexecutionStrategy)),
        parent=st.integers(0, 3),
        picked=st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


class Play:
    """A random pipeline, what its bodies saw, and the files that it stored."""

    def __init__(self, steps: tuple[DrawnStep, ...]) -> None:
        self.steps = steps
        self.entered: dict[str, Any] = {}
        self.times: dict[str, int] = {}
        self.pipeline = self._define()

    def _define(self) -> PipelineDefinition:
        definitions = {one.key: self._step(one) for one in self.steps}

        @pipeline(name="drawn")
        def drawn() -> None:
            made: dict[str, Any] = {}
            for one in self.steps:
                if one.is_fan_in and one.upstream:
                    given_inputs = {"all": [made[key] for key in one.upstream]}
                else:
                    given_inputs = {f"from_{key}": made[key] for key in one.upstream}
                made[one.key] = definitions[one.key](**given_inputs)

        return drawn

    def _step(self, one: DrawnStep) -> Any:
        names = ["all"] if one.is_fan_in and one.upstream else [f"from_{key}" for key in one.upstream]

        @step(name=one.key, ins={name: In() for name in names}, out=Out(is_required=False), code_version="1")
        def body(context: Any, **values: Any) -> Any:
            self.entered[one.key] = values
            number = self.times[one.key] = self.times.get(one.key, 0) + 1
            end = one.ends[min(number, len(one.ends)) - 1]
            if end == "fail":
                raise ValueError("drawn to fail")
            if end == "ok":
                yield Output({"step": one.key, "run": context.run_id, "number": number})

        return body


def check_what_was_loaded(play: Play, plan: Plan, result: PipelineResult) -> None:
    for key, values in play.entered.items():
        for one in plan.executed[key].inputs:
            loaded = values[one.name] if one.is_fan_in else [values[one.name]]
            planned = {source.step_key: source.run_id or result.run_id for source in one.sources}
            seen = {value["step"]: value["run"] for value in loaded}
            assert seen.items() <= planned.items()
            for source in one.sources:
                if source.step_key not in seen:
                    # Only an element of a fan-in that this very run skipped may be left out.
                    assert one.is_fan_in and source.run_id is None
                    assert result.result_for_solid(source.step_key).state.output(source.output_name) is None


def check_that_the_plan_is_what_ran(play: Play, plan: Plan, result: PipelineResult) -> None:
    assert result.run.step_keys_to_execute == plan.step_keys_to_execute
    stats = result.step_stats
    for key, planned in plan.by_key.items():
        status = stats[key].status
        if planned.action is Action.EXECUTE:
            ran = status in (StepStatus.SUCCESS, StepStatus.FAILURE)
            assert ran or status in (StepStatus.SKIPPED, StepStatus.BLOCKED)
            assert ran == (key in play.entered)
        else:
            assert key not in play.entered
            assert status is (StepStatus.REUSED if planned.action is Action.REUSE else StepStatus.OMITTED)


def check_reused_bytes(result: PipelineResult, bytes_of: dict[str, bytes]) -> None:
    for state in result.step_stats.values():
        for output in state.outputs:
            assert output.uri and output.digest
            content = Path(output.uri).read_bytes()
            assert output.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert bytes_of.setdefault(output.uri, content) == content


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=drawn_steps(), runs=drawn_runs)
def test_laws(instance: Instance, steps: tuple[DrawnStep, ...], runs: list[DrawnRun]) -> None:
    play = Play(steps)
    bytes_of: dict[str, bytes] = {}
    first = execute_pipeline(play.pipeline, instance=instance)
    check_reused_bytes(first, bytes_of)
    done = [first]
    for drawn in runs:
        parent = done[-1 - drawn.parent % len(done)]
        picked = [steps[number % len(steps)].key for number in drawn.picked] if drawn.strategy.needs_selection else None
        arguments: dict[str, Any] = {"strategy": drawn.strategy, "step_selection": picked, "instance": instance}
        play.entered = {}
        before = everything_in(instance)
        try:
            plan = plan_reexecution(play.pipeline, parent.run_id, **arguments)
        except (MissingOutputsError, ReexecutionNotAllowedError) as planned:
            with pytest.raises(DalsegnoError) as launched:
                reexecute_pipeline(play.pipeline, parent.run_id, **arguments)
            assert str(launched.value) == str(planned)
            assert everything_in(instance) == before
            continue
        # Planning stores nothing, and twice gives one id.
        assert plan_reexecution(play.pipeline, parent.run_id, **arguments).id == plan.id
        assert everything_in(instance) == before
        parents = {one.run_id: everything_of(instance, one.run_id) for one in done}

        result = reexecute_pipeline(play.pipeline, parent.run_id, plan_id=plan.id, **arguments)

        check_sources(plan, result)
        check_that_the_plan_is_what_ran(play, plan, result)
        check_what_was_loaded(play, plan, result)
        check_reused_bytes(result, bytes_of)
        assert {run_id: everything_of(instance, run_id) for run_id in parents} == parents
        check_settled(play, instance, result, plan)
        done.append(result)


def check_sources(plan: Plan, result: PipelineResult) -> None:
    """Each input of a step that executes has a source for every output it needs, or knows that it is absent.

    Only what is skipped, for want of another input, may want for this one too.
    """
    for key, planned in plan.executed.items():
        for one in planned.inputs:
            if not (one.sources or one.absent):
                assert result.step_stats[key].status is StepStatus.SKIPPED
            for source in one.sources:
                assert (source.run_id is None) == (source.step_key in plan.executed)


def check_settled(play: Play, instance: Instance, result: PipelineResult, plan: Plan) -> None:
    """From failure is offered exactly where the group's status is not SUCCESS."""
    group = instance.group(result.run_id)
    try:
        plan_reexecution(play.pipeline, result.run_id, strategy="FROM_FAILURE", instance=instance)
        offered = True
    except ReexecutionNotAllowedError:
        offered = False
    except MissingOutputsError:  # something is left to do, and can't be done yet
        offered = True
    assert offered == (str(group.status) != "SUCCESS")
    assert plan.parent_run_id == result.run.parent_run_id
