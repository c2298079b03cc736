"""What has changed for a step, what from changed executes, what is stale: drawn tables."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dalsegno.errors import ReexecutionNotAllowedError
from dalsegno.plan.changes import Changes
from dalsegno.plan.plan import Action, PlanReason, PlanWarningKind
from dalsegno.plan.staleness import stale_keys
from dalsegno.runs.effective_steps import effective_steps
from dalsegno.runs.lineage import Lineage
from dalsegno.snapshot.pipeline_snapshot import ModeSnapshot, ResourceSnapshot
from tests.drawing import draw, history
from tests.plan.playing import World

CHAIN = "a -> b -> c"
DIAMOND = "a -> b -> d; a -> c -> d"


def config(**steps: object) -> dict[str, object]:
    return {"steps": {key: {"config": value} for key, value in steps.items()}}


def changes(world: World, lineage: Lineage) -> Changes:
    return Changes(effective_steps(lineage, world.snapshot), lineage, mode=world.mode, run_config=world.config)


def stale(world: World, lineage: Lineage) -> str:
    return " ".join(stale_keys(changes(world, lineage)))


@pytest.mark.parametrize(
    ("picture", "edited", "executed"),
    [
        pytest.param(CHAIN, {"b": "2"}, "b c", id="the edited step and what follows"),
        pytest.param(CHAIN, {"c": "2"}, "c", id="a last step"),
        pytest.param(DIAMOND, {"b": "2"}, "b d", id="the other branch is reused"),
        pytest.param(DIAMOND, {"a": "2=", "c": "2"}, "a b c d", id="several"),
        pytest.param("a ~> b", {"a": "2"}, "a b", id="order-only edges bind the closure"),
    ],
)
def test_from_changed_executes_what_has_other_code_and_everything_downstream(
    picture: str, edited: dict[str, str], executed: str
) -> None:
    world = World(snapshot=draw(picture))
    lineage = world.first()
    world.edit(**edited)
    plan = world.plan(lineage, "FROM_CHANGED")
    assert set(plan.executed) == set(executed.split())
    for key in edited:
        assert plan.by_key[key].reason_code is PlanReason.CODE_CHANGED
        assert plan.by_key[key].reason == "code changed since it ran in the first run"
    assert plan.warnings == ()


def test_from_changed_executes_what_reads_other_config_and_names_it() -> None:
    world = World(snapshot=draw(DIAMOND), config=config(b={"threshold": 0.5, "depth": 3}))
    lineage = world.first()
    world.config = config(b={"threshold": 0.7, "depth": 3})
    plan = world.plan(lineage, "FROM_CHANGED")
    assert set(plan.executed) == {"b", "d"}
    assert (plan.by_key["b"].reason_code, plan.by_key["b"].reason) == (
        PlanReason.CONFIG_CHANGED,
        "config threshold 0.5 -> 0.7",
    )
    assert plan.by_key["d"].reason_code is PlanReason.DOWNSTREAM


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({"x": 1}, {"x": 2}, "config x 1 -> 2"),
        ({"x": 1}, {"x": 1, "y": "new"}, 'config y none -> "new"'),
        ({"x": {"y": {"z": 1}}}, {"x": {"y": {"z": True}}}, "config x.y.z 1 -> true"),
        ({"x": [1, 2]}, {"x": [2, 1]}, "config x [1,2] -> [2,1]"),
        ({"x": {"y": 1}}, {"x": 5}, "config x.y 1 -> none, config x none -> 5"),
        (None, {"x": 1}, "config x none -> 1"),
        ("a", "b", 'config "a" -> "b"'),
        ({"x": "y" * 50}, {"x": None}, f'config x "{"y" * 38}… -> null'),
        (
            dict.fromkeys("uvwxy", 1),
            dict.fromkeys("uvwxy", 2),
            "config u 1 -> 2, config v 1 -> 2, config w 1 -> 2 and 2 more",
        ),
    ],
)
def test_a_change_of_config_says_what_it_was_and_is(before: object, after: object, named: str) -> None:
    world = World(snapshot=draw("a"), config=config(a=before))
    lineage = world.first()
    world.config = config(a=after)
    (change,) = changes(world, lineage).of("a")
    assert (change.code, change.what) == (PlanReason.CONFIG_CHANGED, named)


def with_resources(picture: str) -> World:
    snapshot = draw(picture)
    resources = (
        ResourceSnapshot(key="db", required_resource_keys=("vault",)),
        ResourceSnapshot(key="vault"),
        ResourceSnapshot(key="other"),
    )
    steps = tuple(replace(one, required_resource_keys=("db",)) if one.key == "b" else one for one in snapshot.steps)
    modes = (ModeSnapshot(name="default", resources=resources), ModeSnapshot(name="prod", resources=resources))
    return World(snapshot=replace(snapshot, steps=steps, modes=modes))


@pytest.mark.parametrize(
    ("resource", "changed"),
    [
        pytest.param("db", 'resource db config url "x" -> "y"', id="its own"),
        pytest.param("vault", 'resource vault config url "x" -> "y"', id="one that its own requires"),
        pytest.param("other", None, id="one that it does not read"),
    ],
)
def test_the_config_of_the_resources_that_a_step_reads_is_its_config(resource: str, changed: str | None) -> None:
    world = with_resources(CHAIN)
    world.config = {"resources": {resource: {"config": {"url": "x"}}}}
    lineage = world.first()
    world.config = {"resources": {resource: {"config": {"url": "y"}}}}
    found = changes(world, lineage)
    assert [one.what for one in found.of("b")] == ([changed] if changed else [])
    assert found.of("a") == found.of("c") == ()


def test_a_step_that_reads_other_resources_than_before_has_changed() -> None:
    world = with_resources(CHAIN)
    world.config = {"resources": {"db": {"config": {"url": "x"}}}}
    lineage = world.first()
    steps = tuple(replace(one, required_resource_keys=()) for one in world.snapshot.steps)
    world.snapshot = replace(world.snapshot, steps=steps)
    world.config = {}
    (change,) = changes(world, lineage).of("b")
    assert change.what == "config of other resources than those that it reads now"


def test_another_mode_is_other_resources_for_the_steps_that_read_any() -> None:
    world = with_resources(CHAIN)
    lineage = world.first()
    world.mode = "prod"
    plan = world.plan(lineage, "FROM_CHANGED")
    assert set(plan.executed) == {"b", "c"}
    assert plan.by_key["b"].reason == "mode default -> prod, which gives it its resources"


def test_an_input_that_was_made_again_as_it_was_has_not_changed() -> None:
    world = World(snapshot=draw(CHAIN))
    lineage = world.again(world.first(), "SELECTED_STEPS", ("a",))
    assert changes(world, lineage).keys() == ()
    with pytest.raises(ReexecutionNotAllowedError):
        world.plan(lineage, "FROM_CHANGED")


@pytest.mark.parametrize("code", ["2", "1~"])
def test_an_input_that_was_made_again_otherwise_or_without_a_digest_has_changed(code: str) -> None:
    world = World(snapshot=draw(CHAIN))
    world.edit(a=code)
    lineage = world.first()
    world.edit(a=f"3{code}")
    lineage = world.again(lineage, "SELECTED_STEPS", ("a",))
    plan = world.plan(lineage, "FROM_CHANGED")
    assert set(plan.executed) == {"b", "c"}
    assert (plan.by_key["b"].reason_code, plan.by_key["b"].reason) == (
        PlanReason.INPUT_CHANGED,
        "input from_a_result changed: a ran again in the parent run",
    )


def test_a_change_that_was_taken_back_is_none() -> None:
    world = World(snapshot=draw(CHAIN))
    lineage = world.first()
    world.edit(a="2")
    lineage = world.again(lineage, "SELECTED_STEPS", ("a",))
    assert changes(world, lineage).keys() == ("b",)
    world.edit(a="1")
    assert changes(world, lineage).keys() == ("a", "b")
    assert changes(world, world.again(lineage, "SELECTED_STEPS", ("a",))).keys() == ()


def test_an_input_connected_otherwise_has_changed() -> None:
    world = World(snapshot=draw("a -> c; b"))
    lineage = world.first()
    one = draw("b -> c; a").by_key["c"].inputs[0]
    steps = tuple(
        replace(step, inputs=(replace(one, name="from_a_result"),)) if step.key == "c" else step
        for step in world.snapshot.steps
    )
    world.snapshot = replace(world.snapshot, steps=steps)
    (change,) = changes(world, lineage).of("c")
    assert change.what == "input from_a_result is connected otherwise"


def test_an_input_that_is_new_and_one_that_is_gone_have_changed() -> None:
    world = World(snapshot=draw("a -> c; b"))
    lineage = world.first()
    world.snapshot = draw("b -> c; a")
    assert [one.what for one in changes(world, lineage).of("c")] == [
        "input from_b_result is connected otherwise",
        "input from_a_result is gone",
    ]


def test_an_optional_output_that_is_made_now_or_no_longer_is_a_change_for_what_waits_for_it() -> None:
    world = World(snapshot=draw("o.left? -> l; o.right? -> r; [l r] => j"), makes={"o": ("left",)})
    lineage = world.first()
    assert changes(world, lineage).keys() == ()
    world.makes = {"o": ("right",)}
    lineage = world.again(lineage, "SELECTED_STEPS", ("o",))
    found = changes(world, lineage)
    assert [one.what for one in found.of("l")] == ["input from_o_left is not there any more: o.left was not made"]
    assert [one.what for one in found.of("r")] == ["what it was skipped for is there now"]
    assert set(world.plan(lineage, "FROM_CHANGED").executed) == {"l", "r", "j"}


def test_from_changed_also_executes_what_is_not_settled() -> None:
    world = World(snapshot=draw("a -> b; c"), fails=("b",))
    lineage = world.first()
    world.edit(c="2")
    plan = world.plan(lineage, "FROM_CHANGED")
    assert {key: step.reason_code for key, step in plan.executed.items()} == {
        "b": PlanReason.FAILED,
        "c": PlanReason.CODE_CHANGED,
    }


def test_from_changed_keeps_to_the_scope() -> None:
    world = World(snapshot=draw(CHAIN))
    lineage = world.first(("a", "b"))
    world.edit(a="2", c="2")
    assert set(world.plan(lineage, "FROM_CHANGED").executed) == {"a", "b"}


def test_from_changed_is_refused_where_nothing_has_changed() -> None:
    world = World(snapshot=draw(DIAMOND))
    with pytest.raises(ReexecutionNotAllowedError) as refused:
        world.plan(world.first(), "FROM_CHANGED")
    assert refused.value.strategy == "FROM_CHANGED"
    assert refused.value.message.startswith("Nothing has changed")


@pytest.mark.parametrize(
    ("picture", "edited", "expected"),
    [
        pytest.param(CHAIN, {"a": "2"}, "a b c", id="transitive"),
        pytest.param(DIAMOND, {"b": "2"}, "b d", id="one branch"),
        pytest.param("a ~> b", {"a": "2"}, "a", id="along the edges that carry values"),
        pytest.param(CHAIN, {}, "", id="nothing"),
    ],
)
def test_what_is_made_from_something_since_replaced_is_stale(
    picture: str, edited: dict[str, str], expected: str
) -> None:
    world = World(snapshot=draw(picture))
    lineage = world.first()
    world.edit(**edited)
    assert stale(world, lineage) == expected


def test_a_plan_warns_of_what_it_leaves_behind_and_names_what_to_add() -> None:
    world = World(snapshot=draw(CHAIN))
    lineage = world.first()
    plan = world.plan(lineage, "SELECTED_STEPS", ("a",))
    assert [step.is_stale for step in plan.steps] == [False, True, True]
    (warning,) = plan.warnings
    assert (warning.kind, warning.step_key, warning.step_keys_to_add) == (PlanWarningKind.STALE, None, ("b", "c"))
    assert warning.message == "b, c are reused, but what they were made from has been replaced since, or will be."
    mended = world.plan(lineage, "SELECTED_STEPS", ("a", *warning.step_keys_to_add))
    assert mended.warnings == ()


def test_other_strategies_warn_of_changed_code_and_config_and_execute_no_more_for_it() -> None:
    world = World(snapshot=draw("a -> b -> c; d; e"), config=config(d={"rate": 1}), fails=("c",))
    lineage = world.first()
    world.edit(a="2", e="2")
    world.config = config(d={"rate": 2})
    plan = world.plan(lineage, "FROM_FAILURE")
    assert set(plan.executed) == {"c"}
    assert [(one.kind, one.step_key, one.step_keys_to_add) for one in plan.warnings] == [
        (PlanWarningKind.STALE, "b", ("b",)),
        (PlanWarningKind.CODE_CHANGED, None, ("a", "e")),
        (PlanWarningKind.CONFIG_CHANGED, "d", ("d",)),
    ]
    assert plan.warnings[2].message == "d is reused, but config rate 1 -> 2."
    assert {step.step_key for step in plan.steps if step.is_stale} == {"a", "b", "d", "e"}


def test_warnings_do_not_change_the_plans_id() -> None:
    world = World(snapshot=draw("a -> b -> c"))
    plan = world.plan(world.first(), "SELECTED_STEPS", ("a",))
    assert plan.warnings
    assert replace(plan, warnings=(), steps=tuple(replace(one, is_stale=False) for one in plan.steps)).id == plan.id


def test_a_step_that_is_bound_to_be_skipped_again_is_not_stale() -> None:
    world = World(snapshot=draw("x -> r; o.right? -> r; r -> s"), makes={"o": ()})
    lineage = world.first()
    plan = world.plan(lineage, "SELECTED_STEPS", ("x",))
    assert plan.warnings == ()
    # Where the choice is made again, it may be.
    assert [step.step_key for step in world.plan(lineage, "SELECTED_STEPS", ("o",)).steps if step.is_stale] == [
        "r",
        "s",
    ]


def test_a_mixed_group_is_stale_until_what_is_left_behind_is_executed() -> None:
    world = World(snapshot=draw(CHAIN))
    lineage = world.first()
    world.edit(a="2")
    lineage = world.again(lineage, "SELECTED_STEPS", ("a",))
    assert stale(world, lineage) == "b c"
    lineage = world.again(lineage, "SELECTED_STEPS", ("b",))
    assert stale(world, lineage) == "c"
    assert stale(world, world.again(lineage, "FROM_CHANGED")) == ""


def test_records_that_do_not_tell_what_made_them_are_compared_by_who_ran_later() -> None:
    snapshot = draw(CHAIN)
    world = World(snapshot=snapshot)
    plain = history(snapshot, "a:ok b:ok c:ok")
    assert changes(world, plain).keys() == ()
    again = history(snapshot, "a:ok b:ok c:ok", "a:ok")
    assert changes(world, again).keys() == ("b",)
    assert stale(world, again) == "b c"
    world.edit(a="2")
    assert changes(world, again).keys() == ("b",)
    world.config = config(c={"rate": 1})
    assert changes(world, again).keys() == ("b", "c")
    assert [step.action for step in world.plan(again, "FROM_CHANGED").steps] == [
        Action.REUSE,
        Action.EXECUTE,
        Action.EXECUTE,
    ]
