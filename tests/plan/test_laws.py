"""Laws of planning on random pipelines, with random histories of edits between their runs."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dalsegno.errors import MissingOutputsError, ReexecutionNotAllowedError
from dalsegno.plan.changes import Changes
from dalsegno.plan.plan import Action, Plan, PlanWarningKind
from dalsegno.plan.staleness import stale_keys
from dalsegno.plan.stored_plan import full_plan
from dalsegno.runs.effective_steps import effective_steps
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.snapshot.pipeline_snapshot import (
    InputSnapshot,
    ModeSnapshot,
    OutputRef,
    OutputSnapshot,
    PipelineSnapshot,
    StepSnapshot,
)
from dalsegno.store.runs import compact_plan
from tests.plan.playing import World
from tests.plan.reference import Reference, Refused

_STEPS_AT_MOST = 6


class Turn(msgspec.Struct, frozen=True):
    """What is edited, and then executed again; steps are given by number."""

    strategy: ReexecutionStrategy
    picked: tuple[int, ...]
    # The n-th parent back.
    parent: int
    codes: dict[int, str]
    rates: dict[int, int]
    fails: frozenset[int]
    # Of the optional outputs.
    makes_right: bool


@st.composite
def pipelines(draw: st.DrawFn) -> PipelineSnapshot:
    keys = [f"s{number}" for number in range(draw(st.integers(2, _STEPS_AT_MOST)))]
    steps: list[StepSnapshot] = []
    for position, key in enumerate(keys):
        inputs = []
        for number, upstream in enumerate(
            draw(st.lists(st.sampled_from(keys[:position]), unique=True, max_size=3)) if position else []
        ):
            refs = [OutputRef(upstream, draw(st.sampled_from(["left", "right", "left"])))]
            kind = draw(st.sampled_from(["plain", "plain", "plain", "fan-in", "order"]))
            if kind == "fan-in":
                refs += [OutputRef(one, "left") for one in draw(st.lists(st.sampled_from(keys[:position]), max_size=2))]
            inputs.append(
                InputSnapshot(
                    name=f"i{number}",
                    sources=tuple(dict.fromkeys(refs)),
                    is_fan_in=kind == "fan-in",
                    is_order_only=kind == "order",
                )
            )
        outputs = (OutputSnapshot(name="left", is_required=False), OutputSnapshot(name="right", is_required=False))
        steps.append(StepSnapshot(key=key, inputs=tuple(inputs), outputs=outputs, code_version="1"))
    return PipelineSnapshot(name="drawn", steps=tuple(steps), modes=(ModeSnapshot(name="default"),))


_numbers = st.integers(0, _STEPS_AT_MOST - 1)
turns = st.builds(
    Turn,
    strategy=st.sampled_from(list(ReexecutionStrategy)),
    picked=st.lists(_numbers, min_size=1, max_size=2, unique=True).map(tuple),
    parent=st.integers(0, 2),
    codes=st.dictionaries(_numbers, st.sampled_from(["1", "2", "3=", "4=", "5~"]), max_size=2),
    rates=st.dictionaries(_numbers, st.integers(0, 2), max_size=1),
    fails=st.frozensets(_numbers, max_size=1),
    makes_right=st.booleans(),
)


def edit(world: World, turn: Turn) -> None:
    keys = list(world.snapshot.by_key)
    world.edit(**{keys[number % len(keys)]: code for number, code in turn.codes.items()})
    steps = dict(world.config.get("steps", {}))
    for number, rate in turn.rates.items():
        steps[keys[number % len(keys)]] = {"config": {"rate": rate}}
    world.config = {"steps": steps} if steps else {}
    world.fails = {keys[number % len(keys)] for number in turn.fails}
    world.makes = dict.fromkeys(keys[::2], ("left", "right") if turn.makes_right else ("left",))


def check_against_the_reference(world: World, lineage: Lineage, turn: Turn, picked: tuple[str, ...]) -> Plan | None:
    try:
        plan = world.plan(lineage, turn.strategy, picked if turn.strategy.needs_selection else None)
    except (ReexecutionNotAllowedError, MissingOutputsError):
        plan = None
    try:
        reference = Reference(world, lineage, turn.strategy, picked)
    except Refused:
        assert plan is None
        return None
    assert plan is not None
    assert set(plan.executed) == reference.executed
    assert {step.step_key for step in plan.steps if step.action is Action.REUSE} == reference.reused
    assert {step.step_key for step in plan.steps if step.is_stale} == reference.stale
    found = {
        key: [(source.step_key, source.output_name, source.run_id) for one in step.inputs for source in one.sources]
        for key, step in plan.executed.items()
    }
    expected = {
        key: [(source.step_key, source.output_name, source.run_id) for source in sources]
        for key, sources in reference.sources.items()
    }
    assert found == expected
    return plan


def check_warnings(world: World, plan: Plan) -> None:
    """What is stale is named, and adding it mends it."""
    named = {
        key
        for one in plan.warnings
        if one.kind in (PlanWarningKind.STALE, PlanWarningKind.CODE_CHANGED, PlanWarningKind.CONFIG_CHANGED)
        for key in one.step_keys_to_add
    }
    assert named == {step.step_key for step in plan.steps if step.is_stale}


def check_consumers(plan: Plan, world: World) -> None:
    """Those of a step that executes are executed, marked as stale, or were skipped and will be again."""
    for step in world.snapshot.steps:
        made_from = {ref.step_key for one in step.inputs if not one.is_order_only for ref in one.sources}
        planned = plan.by_key[step.key]
        if made_from & plan.executed.keys() and planned.action is Action.REUSE and not planned.is_stale:
            assert planned.reason_code == "WAS_SKIPPED"


def check_live_staleness(world: World, lineage: Lineage) -> None:
    """What is stale once the run has ended: by digest, so that what was made again as it was affects nothing."""
    changes = Changes(effective_steps(lineage, world.snapshot), lineage, mode=world.mode, run_config=world.config)
    found = set(stale_keys(changes))
    assert found == Reference(world, lineage, "NOTHING").stale


@settings(max_examples=300, deadline=None)
@given(snapshot=pipelines(), history=st.lists(turns, min_size=1, max_size=4))
def test_the_planner_agrees_with_the_reference_and_with_itself(snapshot: PipelineSnapshot, history: list[Turn]) -> None:
    world = World(snapshot=snapshot)
    edit(world, history[0])
    runs = [world.first()]
    for turn in history:
        lineage = runs[-1 - turn.parent % len(runs)]
        edit(world, turn)
        keys = list(snapshot.by_key)
        picked = tuple(dict.fromkeys(keys[number % len(keys)] for number in turn.picked))
        plan = check_against_the_reference(world, lineage, turn, picked)
        if plan is None:
            continue
        assert world.plan(lineage, turn.strategy, picked if turn.strategy.needs_selection else None).id == plan.id
        check_warnings(world, plan)
        check_consumers(plan, world)
        again = world.play(plan, lineage)
        check_live_staleness(world, again)
        stored = msgspec.json.decode(compact_plan(plan), type=Plan)
        assert full_plan(stored, world.snapshot, again) == plan
        check_from_changed(world, again, turn, plan)
        runs.append(again)


def check_from_changed(world: World, lineage: Lineage, turn: Turn, plan: Plan) -> None:
    """Once it has succeeded there is nothing left to do, as long as nothing is edited."""
    if plan.strategy is ReexecutionStrategy.FROM_CHANGED and not world.fails:
        try:
            left = world.plan(lineage, "FROM_CHANGED")
        except ReexecutionNotAllowedError:
            return
        raise AssertionError(f"left to do: {left.step_keys_to_execute}")
