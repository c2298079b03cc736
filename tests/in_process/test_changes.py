"""Code and config that change between runs, really run: what is executed from there, and what is left behind."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from dalsegno import (
    Instance,
    MissingOutputsError,
    ModeDefinition,
    PipelineResult,
    ReexecutionNotAllowedError,
    RetryPolicy,
    StepStatus,
    execute_pipeline,
    mem_io_manager,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    resource,
    step,
)
from dalsegno.definitions import PipelineDefinition
from dalsegno.launch import changes_for
from dalsegno.plan.plan import Action, Plan, PlanReason, PlanWarningKind
from dalsegno.plan.staleness import stale_keys
from dalsegno.runs.effective_steps import effective_steps

STRATEGIES = ["ALL_STEPS", "SELECTED_STEPS", "SELECTED_STEPS", "FROM_SELECTED", "FROM_FAILURE", "FROM_CHANGED"]


class Rate(BaseModel):
    rate: int = 0


class Drawn(msgspec.Struct, frozen=True):
    """A pipeline of so many steps, by the numbers of what is upstream of each; and what is done to it, run by run."""

    upstream: tuple[tuple[int, ...], ...]
    in_memory: bool
    turns: tuple[Turn, ...]


class Turn(msgspec.Struct, frozen=True):
    strategy: str
    picked: int
    # The n-th run back.
    parent: int
    edited: int | None
    # The edit changes what the step makes.
    matters: bool
    rate: tuple[int, int] | None
    fails: int | None


_numbers = st.integers(0, 4)
_turns = st.builds(
    Turn,
    strategy=st.sampled_from(STRATEGIES),
    picked=_numbers,
    parent=st.integers(0, 2),
    edited=st.none() | _numbers,
    matters=st.booleans(),
    rate=st.none() | st.tuples(_numbers, st.integers(0, 2)),
    fails=st.none() | st.none() | _numbers,
)
drawings = st.integers(2, 5).flatmap(
    lambda size: st.builds(
        Drawn,
        upstream=st.tuples(
            *(
                st.lists(st.integers(0, max(0, number - 1)), unique=True, max_size=2 if number else 0).map(tuple)
                for number in range(size)
            )
        ),
        in_memory=st.booleans(),
        turns=st.lists(_turns, min_size=1, max_size=4).map(tuple),
    )
)


class Play:
    """A pipeline that is edited between its runs."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.size = len(drawn.upstream)
        self.edits = [0] * self.size
        self.makes = [0] * self.size
        self.rates = [0] * self.size
        self.fails: int | None = None
        self.entered: list[str] = []

    def key(self, number: int) -> str:
        return f"s{number % self.size}"

    @property
    def config(self) -> dict[str, Any]:
        return {"steps": {self.key(number): {"config": {"rate": rate}} for number, rate in enumerate(self.rates)}}

    def edit(self, turn: Turn) -> None:
        if turn.edited is not None:
            self.edits[turn.edited % self.size] += 1
            self.makes[turn.edited % self.size] += turn.matters
        if turn.rate is not None:
            self.rates[turn.rate[0] % self.size] = turn.rate[1]
        self.fails = turn.fails

    def pipeline(self) -> PipelineDefinition:
        definitions = [self._step(number) for number in range(self.size)]
        modes = [ModeDefinition(resource_defs={"io_manager": mem_io_manager} if self.drawn.in_memory else {})]

        @pipeline(name="drawn", mode_defs=modes)
        def drawn() -> None:
            made: list[Any] = []
            for number, upstream in enumerate(self.drawn.upstream):
                made.append(definitions[number]([made[one] for one in upstream]) if upstream else definitions[number]())

        return drawn

    def _step(self, number: int) -> Any:
        version, makes, fails = str(self.edits[number]), self.makes[number], self.fails
        options: dict[str, Any] = {"name": self.key(number), "code_version": version, "config": Rate}

        def make(context: Any, values: list[Any]) -> Any:
            self.entered.append(context.step_key)
            if number == fails:
                raise ValueError("drawn to fail")
            # What it makes depends on whether the rate is odd: two configs may make the same.
            return (number, makes, context.config.rate % 2, values)

        if self.drawn.upstream[number]:

            @step(**options)
            def body(context: Any, values: list[Any]) -> Any:
                return make(context, values)

        else:

            @step(**options)
            def body(context: Any) -> Any:
                return make(context, [])

        return body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=drawings)
def test_laws_of_edits(drawn: Drawn) -> None:
    with Instance.ephemeral() as instance:
        play = Play(drawn)
        done = [execute_pipeline(play.pipeline(), run_config=play.config, instance=instance)]
        for turn in drawn.turns:
            play.edit(turn)
            parent = done[-1 - turn.parent % len(done)].run_id
            arguments: dict[str, Any] = {"strategy": turn.strategy, "run_config": play.config, "instance": instance}
            if turn.strategy in ("SELECTED_STEPS", "FROM_SELECTED"):
                arguments["step_selection"] = play.key(turn.picked)
            play.entered = []
            try:
                plan = plan_reexecution(play.pipeline(), parent, **arguments)
            except (ReexecutionNotAllowedError, MissingOutputsError):
                continue
            assert plan_reexecution(play.pipeline(), parent, **arguments).id == plan.id
            result = reexecute_pipeline(play.pipeline(), parent, plan_id=plan.id, **arguments)
            check_what_ran(play, plan, result)
            check_consumers(play, plan, result, instance)
            check_that_nothing_is_left(play, result, instance)
            done.append(result)


def check_what_ran(play: Play, plan: Plan, result: PipelineResult) -> None:
    """What the plan executes was entered, once, but for what a failure blocked; nothing else was."""
    blocked = {key for key, state in result.step_stats.items() if state.status is StepStatus.BLOCKED}
    assert sorted(play.entered) == sorted(plan.executed.keys() - blocked)
    kept = result._instance.plan_of(result.run_id)
    assert [(one.step_key, one.is_stale, one.reason) for one in kept.steps] == [
        (one.step_key, one.is_stale, one.reason) for one in plan.steps
    ]
    assert kept.warnings == plan.warnings


def check_consumers(play: Play, plan: Plan, result: PipelineResult, instance: Instance) -> None:
    """A consumer of a step that executed executed too, or was marked as stale."""
    snapshot = play.pipeline().snapshot
    live = stale_now(play, result, instance)
    for key, parents in snapshot.graph.upstream.items():
        planned = plan.by_key[key]
        if planned.action is Action.REUSE and set(parents) & plan.executed.keys():
            assert planned.is_stale
            if key not in live:
                # It was not affected: everything that it was made from is as it was.
                assert all(parent not in live for parent in parents)
        if planned.action is Action.REUSE and not planned.is_stale:
            assert key not in live


def stale_now(play: Play, result: PipelineResult, instance: Instance) -> set[str]:
    snapshot, lineage = play.pipeline().snapshot, instance.lineage(result.run_id)
    return set(stale_keys(changes_for(effective_steps(lineage, snapshot), lineage)))


def check_that_nothing_is_left(play: Play, result: PipelineResult, instance: Instance) -> None:
    """From changed is refused exactly where all is settled, and nothing is stale."""
    left = str(instance.group(result.run_id).status) != "SUCCESS" or stale_now(play, result, instance)
    try:
        plan = plan_reexecution(play.pipeline(), result.run_id, strategy="FROM_CHANGED", instance=instance)
    except ReexecutionNotAllowedError:
        assert not left
        return
    except MissingOutputsError:
        return
    assert left
    assert not [one for one in plan.warnings if one.kind is PlanWarningKind.STALE]
    if result.run.strategy == "FROM_CHANGED" and result.success:
        raise AssertionError("from changed left something to do")


class Threshold(BaseModel):
    threshold: float = 0.5


class Database(BaseModel):
    url: str = "here"


@resource(config=Database)
def database(context: Any) -> str:
    return str(context.config.url)


def graded(fails: bool = False) -> PipelineDefinition:
    @step(code_version="1")
    def load() -> list[float]:
        return [0.2, 0.6, 0.9]

    @step(code_version="1", config=Threshold)
    def pick(context: Any, rows: list[float]) -> list[float]:
        return [one for one in rows if one > context.config.threshold]

    @step(code_version="1", required_resource_keys={"db"})
    def save(context: Any, rows: list[float]) -> str:
        if fails:
            raise ValueError("no connection")
        return f"{len(rows)} in {context.resources.db}"

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"db": database})])
    def grades() -> None:
        save(pick(load()))

    return grades


def test_config_given_to_a_reexecution_executes_who_reads_it(instance: Instance) -> None:
    first = execute_pipeline(graded(), instance=instance)
    given_config = {"steps": {"pick": {"config": {"threshold": 0.7}}}}
    again = reexecute_pipeline(
        graded(), first.run_id, strategy="FROM_CHANGED", run_config=given_config, instance=instance
    )
    plan = instance.plan_of(again.run_id)
    assert plan.by_key["pick"].reason == "config threshold 0.5 -> 0.7"
    assert [step.action for step in plan.steps] == [Action.REUSE, Action.EXECUTE, Action.EXECUTE]
    assert again.output_value("save") == "1 in here"
    # The config is inherited, so there is nothing more to do.
    with pytest.raises(ReexecutionNotAllowedError):
        plan_reexecution(graded(), again.run_id, strategy="FROM_CHANGED", instance=instance)
    moved = plan_reexecution(
        graded(),
        again.run_id,
        strategy="FROM_CHANGED",
        run_config={**given_config, "resources": {"db": {"config": {"url": "there"}}}},
        instance=instance,
    )
    assert moved.step_keys_to_execute == ("save",)
    assert moved.by_key["save"].reason == 'resource db config url "here" -> "there"'
    back = plan_reexecution(graded(), again.run_id, strategy="FROM_CHANGED", run_config={}, instance=instance)
    assert back.by_key["pick"].reason == "config threshold 0.7 -> 0.5"


def test_what_a_step_may_take_and_how_often_it_is_tried_is_no_change_of_it() -> None:
    def limited(tags: dict[str, str], retries: RetryPolicy | None) -> PipelineDefinition:
        @step(tags=tags, retry_policy=retries)
        def one() -> int:
            return 1

        @pipeline(tags=tags)
        def of_one() -> None:
            one()

        return of_one

    with Instance.ephemeral() as instance:
        first = execute_pipeline(limited({}, None), instance=instance)
        tags = {"dalsegno/memory_limit": "2GiB", "dalsegno/time_limit": "60"}
        with pytest.raises(ReexecutionNotAllowedError, match="Nothing has changed"):
            plan_reexecution(
                limited(tags, RetryPolicy(max_retries=2)), first.run_id, strategy="FROM_CHANGED", instance=instance
            )


def test_config_given_from_failure_is_warned_of_where_it_changes_nothing(instance: Instance) -> None:
    first = execute_pipeline(graded(fails=True), instance=instance)
    given_config = {"steps": {"pick": {"config": {"threshold": 0.7}}}}
    again = reexecute_pipeline(
        graded(), first.run_id, strategy="FROM_FAILURE", run_config=given_config, instance=instance
    )
    plan = instance.plan_of(again.run_id)
    (warning,) = plan.warnings
    assert (warning.kind, warning.step_key, warning.step_keys_to_add) == (
        PlanWarningKind.CONFIG_CHANGED,
        "pick",
        ("pick",),
    )
    assert again.plan == plan
    assert [key for key in plan.by_key if again.result_for_solid(key).is_stale] == ["pick"]
    assert instance.stale_steps(first.run_id) == ("pick", "save")
    # It was made with the older threshold, and is told to be.
    assert again.output_value("save") == "2 in here"
    mended = plan_reexecution(graded(), again.run_id, strategy="FROM_CHANGED", instance=instance)
    assert {key: one.reason_code for key, one in mended.executed.items()} == {
        "pick": PlanReason.CONFIG_CHANGED,
        "save": PlanReason.DOWNSTREAM,
    }


def test_an_input_that_the_config_gives_counts_by_its_value(instance: Instance) -> None:
    def only_save(rows: list[float], strategy: str) -> Plan:
        config = {"steps": {"save": {"inputs": {"rows": rows}}}}
        return plan_reexecution(graded(), first.run_id, strategy=strategy, run_config=config, instance=instance)

    config = {"steps": {"save": {"inputs": {"rows": [1.0]}}}}
    first = execute_pipeline(graded(), run_config=config, solid_selection="save", instance=instance)
    with pytest.raises(ReexecutionNotAllowedError):
        only_save([1.0], "FROM_CHANGED")
    changed = only_save([1.0, 2.0], "FROM_CHANGED").by_key["save"]
    assert (changed.reason_code, changed.reason) == (PlanReason.INPUT_CHANGED, "input rows is given another value")


def test_a_plan_that_is_only_looked_at_tells_how_long_it_will_take(instance: Instance) -> None:
    first = execute_pipeline(graded(), instance=instance)
    plan = plan_reexecution(graded(), first.run_id, instance=instance)
    taken = [step.estimated_duration_ms or 0.0 for step in plan.steps]
    assert all(taken)
    assert plan.estimated_duration_ms == pytest.approx(sum(taken))
    launched = reexecute_pipeline(graded(), first.run_id, plan_id=plan.id, instance=instance)
    assert instance.plan_of(launched.run_id).estimated_duration_ms is None
