"""Laws of re-execution by element, on random pipelines with mapped steps and random histories, really run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dalsegno import (
    DalsegnoError,
    DynamicOut,
    DynamicOutput,
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
from dalsegno.plan.stored_plan import full_plan
from dalsegno.snapshot.step_keys import ANY_KEY, mapping_key_of, step_name
from dalsegno.store.runs import fetch_plan
from tests.in_process.test_laws import check_reused_bytes, check_settled
from tests.stored import everything_in, everything_of


class DrawnStep(msgspec.Struct, frozen=True):
    """A step; `ends` is what its body does the n-th time it is entered, each element by itself, the last one repeats.

    Of a generator an end is the keys that it gives, or "fail". `element_of` is what a mapped step takes its elements
    from: a generator, or another mapped step.
    """

    key: str
    kind: str
    upstream: tuple[str, ...] = ()
    element_of: str | None = None
    ends: tuple[Any, ...] = ("ok",)


class DrawnRun(msgspec.Struct, frozen=True):
    """A re-execution of an earlier run: `parent` counts from the newest one back; `picked` are numbers of rows."""

    strategy: ReexecutionStrategy
    parent: int
    picked: tuple[int, ...]


ends = st.lists(st.sampled_from(["ok", "ok", "ok", "fail", "skip"]), min_size=1, max_size=4).map(tuple)
expansions = st.lists(
    st.one_of(st.just("fail"), st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(tuple)),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def drawn_steps(draw: st.DrawFn) -> tuple[DrawnStep, ...]:
    found: list[DrawnStep] = []
    for number in range(draw(st.integers(3, 7))):
        plain = [one.key for one in found if one.kind in ("plain", "collect")]
        dynamic = [one.key for one in found if one.kind in ("generator", "mapped")]
        kind = draw(
            st.sampled_from(["plain", "generator", "mapped", "mapped", "collect"] if dynamic else ["generator"])
        )
        upstream = draw(st.lists(st.sampled_from(plain), unique=True, max_size=2)) if plain else []
        drawn = DrawnStep(key=f"s{number}", kind=kind, upstream=tuple(upstream))
        if kind == "generator":
            drawn = msgspec.structs.replace(drawn, ends=draw(expansions))
        else:
            drawn = msgspec.structs.replace(drawn, ends=draw(ends))
        if kind in ("mapped", "collect"):
            drawn = msgspec.structs.replace(drawn, element_of=draw(st.sampled_from(dynamic)))
        found.append(drawn)
    return tuple(found)


drawn_runs = st.lists(
    st.builds(
        DrawnRun,
        strategy=st.sampled_from(list(ReexecutionStrategy)),
        parent=st.integers(0, 3),
        picked=st.lists(st.integers(0, 20), min_size=1, max_size=3, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


class Play:
    """A random pipeline, and what its bodies saw."""

    def __init__(self, steps: tuple[DrawnStep, ...]) -> None:
        self.steps = {one.key: one for one in steps}
        self.entered: dict[str, Any] = {}
        self.times: dict[str, int] = {}
        self.pipeline = self._define()

    def _define(self) -> PipelineDefinition:
        definitions = {key: self._step(one) for key, one in self.steps.items()}

        @pipeline(name="drawn")
        def drawn() -> None:
            made: dict[str, Any] = {}
            for key, one in self.steps.items():
                given_inputs = {f"from_{name}": made[name] for name in one.upstream}
                definition = definitions[key]
                if one.kind == "mapped":
                    made[key] = made[one.element_of or ""].map(
                        lambda element, definition=definition, given=given_inputs: definition(element=element, **given)
                    )
                elif one.kind == "collect":
                    made[key] = definition(all=made[one.element_of or ""].collect(), **given_inputs)
                else:
                    made[key] = definition(**given_inputs)

        return drawn

    def _step(self, one: DrawnStep) -> Any:
        names = [f"from_{key}" for key in one.upstream]
        names += {"mapped": ["element"], "collect": ["all"]}.get(one.kind, [])
        is_generator = one.kind == "generator"

        @step(
            name=one.key,
            ins={name: In() for name in names},
            out=DynamicOut() if is_generator else Out(is_required=False),
            code_version="1",
        )
        def body(context: Any, **values: Any) -> Iterator[Any]:
            key = context.step_key
            self.entered[key] = values
            number = self.times[key] = self.times.get(key, 0) + 1
            end = one.ends[min(number, len(one.ends)) - 1]
            made = {"step": key, "run": context.run_id, "number": number}
            if is_generator:
                for mapping_key in ("never",) if end == "fail" else end:
                    yield DynamicOutput({**made, "key": mapping_key}, mapping_key)
            elif end == "ok":
                yield Output(made)
            if end == "fail":
                raise ValueError("drawn to fail")

        return body


def check_that_the_plan_is_what_ran(play: Play, plan: Plan, result: PipelineResult) -> None:
    assert result.run.step_keys_to_execute == plan.step_keys_to_execute
    stats = result.step_stats
    planned_of = {}
    for key in stats:
        whole = f"{step_name(key)}[{ANY_KEY}]"
        planned_of[key] = plan.by_key[key] if key in plan.by_key else plan.by_key[whole]
    # Each row of the plan became a row of the run, or rows for its elements; where it came to have none, it stayed.
    assert {one.step_key for one in planned_of.values()} == plan.by_key.keys()
    for key, planned in planned_of.items():
        status = stats[key].status
        if planned.action is Action.EXECUTE:
            ran = status in (StepStatus.SUCCESS, StepStatus.FAILURE)
            assert ran or status in (StepStatus.SKIPPED, StepStatus.BLOCKED)
            assert ran == (key in play.entered)
        else:
            assert key not in play.entered
            if mapping_key_of(planned.step_key) != ANY_KEY:
                assert status is (StepStatus.REUSED if planned.action is Action.REUSE else StepStatus.OMITTED)
    assert play.entered.keys() <= stats.keys()


def check_what_was_loaded(play: Play, instance: Instance, result: PipelineResult) -> None:
    plan = instance.plan_of(result.run_id)
    stats = result.step_stats
    for key, values in play.entered.items():
        one = play.steps[step_name(key)]
        for planned in plan.executed[key].inputs:
            value = values[planned.name]
            loaded = value if planned.is_collect else [value]
            sources = {(source.step_key, source.mapping_key): source.run_id for source in planned.sources}
            seen = {(made["step"], made.get("key")): made["run"] for made in loaded}
            expected = {place: run_id or result.run_id for place, run_id in sources.items()}
            assert seen.items() <= expected.items()
            for place in expected.keys() - seen.keys():
                assert planned.is_collect and stats[place[0]].output("result", place[1]) is None
        if one.kind == "collect":
            check_that_all_were_collected(play, one, values["all"], result)


def check_that_all_were_collected(play: Play, one: DrawnStep, loaded: list[Any], result: PipelineResult) -> None:
    """All elements that there are, but for those that were rightly skipped, or gave nothing."""
    generator = one
    while generator.kind != "generator":
        generator = play.steps[generator.element_of or ""]
    keys = result.step_stats[generator.key].expansions["result"]
    if play.steps[one.element_of or ""].kind == "generator":
        assert [made["key"] for made in loaded] == list(keys)
        return
    elements = [result.step_stats[f"{one.element_of}[{key}]"] for key in keys]
    assert [made["step"] for made in loaded] == [state.step_key for state in elements if state.output("result")]
    assert all(state.status in (StepStatus.SUCCESS, StepStatus.REUSED, StepStatus.SKIPPED) for state in elements)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=drawn_steps(), runs=drawn_runs)
def test_laws(instance: Instance, steps: tuple[DrawnStep, ...], runs: list[DrawnRun]) -> None:
    play = Play(steps)
    bytes_of: dict[str, bytes] = {}
    first = execute_pipeline(play.pipeline, instance=instance)
    check_reused_bytes(first, bytes_of)
    check_what_was_loaded(play, instance, first)
    done = [first]
    for drawn in runs:
        parent = done[-1 - drawn.parent % len(done)]
        arguments: dict[str, Any] = {"strategy": drawn.strategy, "instance": instance}
        if drawn.strategy.needs_selection:
            rows = [one.step_key for one in plan_reexecution(play.pipeline, parent.run_id, instance=instance).steps]
            rows += list(parent.step_stats)
            arguments["step_selection"] = sorted({rows[number % len(rows)] for number in drawn.picked})
        play.entered = {}
        before = everything_in(instance)
        try:
            plan = plan_reexecution(play.pipeline, parent.run_id, **arguments)
        except (MissingOutputsError, ReexecutionNotAllowedError) as planned:
            with pytest.raises(DalsegnoError) as launched:
                reexecute_pipeline(play.pipeline, parent.run_id, **arguments)
            assert str(launched.value) == str(planned)
            assert everything_in(instance) == before
            check_that_adding_what_is_missing_helps(play, parent, arguments, planned)
            continue
        assert plan_reexecution(play.pipeline, parent.run_id, **arguments).id == plan.id
        assert everything_in(instance) == before
        parents = {one.run_id: everything_of(instance, one.run_id) for one in done}

        result = reexecute_pipeline(play.pipeline, parent.run_id, plan_id=plan.id, **arguments)

        check_that_the_plan_is_what_ran(play, plan, result)
        check_what_was_loaded(play, instance, result)
        check_reused_bytes(result, bytes_of)
        assert {run_id: everything_of(instance, run_id) for run_id in parents} == parents
        check_settled(play, instance, result, plan)
        check_what_is_stale(play, instance, result, plan)
        done.append(result)


def check_what_is_stale(play: Play, instance: Instance, result: PipelineResult, plan: Plan) -> None:
    """The run keeps which rows were stale; from changed is refused exactly where all is settled, and nothing stale."""
    stored = instance.database.read(fetch_plan(result.run_id))
    assert stored is not None
    kept = full_plan(stored, play.pipeline.snapshot, instance.lineage(result.run_id))
    assert [replace(one, estimated_duration_ms=None) for one in plan.steps] == list(kept.steps)
    assert replace(plan, steps=(), estimated_duration_ms=None) == replace(kept, steps=())
    left = str(instance.group(result.run_id).status) != "SUCCESS" or instance.stale_steps(result.run_id)
    try:
        plan_reexecution(play.pipeline, result.run_id, strategy="FROM_CHANGED", instance=instance)
    except ReexecutionNotAllowedError:
        assert not left
    except MissingOutputsError:
        assert left
    else:
        assert left


def check_that_adding_what_is_missing_helps(
    play: Play, parent: PipelineResult, arguments: dict[str, Any], refused: DalsegnoError
) -> None:
    """With the steps that a refusal names added, nothing is missing any more, but for what follows from these."""
    while isinstance(refused, MissingOutputsError) and "step_selection" in arguments:
        added = [*arguments["step_selection"], *refused.step_keys_to_add]
        assert len(set(added)) > len(set(arguments["step_selection"]))
        arguments = {**arguments, "step_selection": added}
        try:
            plan_reexecution(play.pipeline, parent.run_id, **arguments)
            return
        except MissingOutputsError as again:
            assert arguments["strategy"] is ReexecutionStrategy.FROM_SELECTED
            refused = again
