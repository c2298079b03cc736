"""What a re-execution runs, what it reuses, what it refuses: drawn tables."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dalsegno.errors import InvalidSelectionError, MissingOutputsError, ReexecutionNotAllowedError
from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.plan import Action, Plan, PlanReason, PlanWarningKind
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import ReexecutionStrategy as Strategy
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from tests.drawing import draw, history

CHAIN = draw("a -> b -> c")
DIAMOND = draw("a -> b -> d; a -> c -> d")
BRANCH = draw("o.left? -> l; o.right? -> r; [l r] => j")


def plan(
    snapshot: PipelineSnapshot,
    lineage: Lineage,
    strategy: Strategy = Strategy.FROM_FAILURE,
    selection: tuple[str, ...] | None = None,
    gone: dict[str, str] | None = None,
) -> Plan:
    request = ReexecutionRequest(strategy=strategy, mode="default", run_config={}, selection=selection)
    return plan_reexecution(snapshot, lineage, request, gone or {})


def sources(found: Plan) -> dict[str, list[str]]:
    """Step key -> "step@run" of everything that it loads; "step@here" for this run."""
    return {
        key: [f"{source.step_key}@{source.run_id or 'here'}" for one in step.inputs for source in one.sources]
        for key, step in found.executed.items()
    }


@pytest.mark.parametrize(
    ("snapshot", "runs", "executed"),
    [
        pytest.param(CHAIN, ["a:ok b:failed c:blocked"], "b c", id="the failed step and what follows"),
        pytest.param(CHAIN, ["a:failed b:blocked c:blocked"], "a b c", id="a failed first step"),
        pytest.param(CHAIN, ["a:ok b:canceled c"], "b c", id="a canceled step and what was never reached"),
        pytest.param(CHAIN, ["a:ok b:running c"], "b c", id="a step interrupted with its run"),
        pytest.param(CHAIN, ["a b c"], "a b c", id="a run that ended before any step began"),
        pytest.param(draw("a -> c; b -> c"), ["a:failed b:failed c:blocked"], "a b c", id="two failed first steps"),
        pytest.param(CHAIN, ["a:ok b:failed c:blocked", "b:ok c:failed"], "c", id="a chain of re-executions"),
        pytest.param(CHAIN, ["a:ok b:failed c:blocked", "b:ok"], "c", id="a partial re-execution leaves the rest"),
        pytest.param(CHAIN, ["a:ok b:ok c:ok", "b:failed"], "b c", id="a failure after an older success"),
        pytest.param(DIAMOND, ["a:ok b:failed c:ok d:blocked"], "b d", id="the other branch is reused"),
        pytest.param(DIAMOND, ["a:ok b:failed c:failed d:blocked", "b:ok"], "c d", id="the failure left undone"),
        pytest.param(draw("a ~> b"), ["a:failed b:blocked"], "a b", id="order-only edges bind the closure"),
        pytest.param(draw("a -> b -> c; x -> b"), ["a:ok b:failed c:blocked"], "x b c", id="a step that is new"),
        pytest.param(draw("a -> m -> c; a -> b -> m"), ["a:ok b:ok c:failed"], "m c", id="a step put in between"),
    ],
)
def test_from_failure_executes_what_is_not_settled_and_everything_downstream(
    snapshot: PipelineSnapshot, runs: list[str], executed: str
) -> None:
    assert set(plan(snapshot, history(snapshot, *runs)).executed) == set(executed.split())


@pytest.mark.parametrize(
    ("runs", "executed"),
    [
        pytest.param(["o:ok(left) l:failed r:skipped j:blocked"], "l j", id="the skipped branch stays skipped"),
        pytest.param(["o:failed l:blocked r:blocked j:blocked"], "o l r j", id="all, where the choice is made again"),
    ],
)
def test_a_skipped_step_that_is_bound_to_be_skipped_again_stays_as_it_is(runs: list[str], executed: str) -> None:
    assert set(plan(BRANCH, history(BRANCH, *runs)).executed) == set(executed.split())


def test_a_skipped_step_whose_branch_is_decided_again_executes() -> None:
    graph = draw("a -> o; o.left? -> l; o.right? -> r")
    again = plan(graph, history(graph, "a:ok o:ok(left) l:ok r:skipped"), Strategy.FROM_SELECTED, ("o",))
    assert set(again.executed) == {"o", "l", "r"}


@pytest.mark.parametrize("runs", [["a:ok b:ok c:ok"], ["a:ok b:failed c:blocked", "b:ok c:ok"]])
def test_from_failure_is_refused_on_a_settled_lineage(runs: list[str]) -> None:
    with pytest.raises(ReexecutionNotAllowedError) as refused:
        plan(CHAIN, history(CHAIN, *runs))
    assert refused.value.strategy is Strategy.FROM_FAILURE


@pytest.mark.parametrize(
    ("strategy", "selection", "executed"),
    [
        pytest.param(Strategy.ALL_STEPS, None, "a b c d", id="all steps"),
        pytest.param(Strategy.SELECTED_STEPS, ("b",), "b", id="exactly the selection"),
        pytest.param(Strategy.SELECTED_STEPS, ("b+", "c"), "b c d", id="a union"),
        pytest.param(Strategy.FROM_SELECTED, ("b",), "b d", id="and everything downstream"),
        pytest.param(Strategy.FROM_SELECTED, ("b", "c"), "b c d", id="of several"),
    ],
)
def test_a_strategy_executes_its_steps_whatever_their_status(
    strategy: Strategy, selection: tuple[str, ...] | None, executed: str
) -> None:
    found = plan(DIAMOND, history(DIAMOND, "a:ok b:ok c:ok d:ok"), strategy, selection)
    assert set(found.executed) == set(executed.split())


@pytest.mark.parametrize(
    ("strategy", "selection"),
    [(Strategy.ALL_STEPS, ("a",)), (Strategy.FROM_FAILURE, ("a",)), (Strategy.SELECTED_STEPS, None)],
)
def test_only_the_two_strategies_that_select_take_a_selection(
    strategy: Strategy, selection: tuple[str, ...] | None
) -> None:
    with pytest.raises(InvalidSelectionError):
        plan(CHAIN, history(CHAIN, "a:ok b:failed c:blocked"), strategy, selection)


@pytest.mark.parametrize(
    ("runs", "selection", "loaded"),
    [
        pytest.param(["a:ok b:ok c:ok"], ("c",), {"c": ["b@run0"]}, id="from the parent"),
        pytest.param(["a:ok b:ok c:ok", "b:ok"], ("c",), {"c": ["b@run1"]}, id="the nearest success wins"),
        pytest.param(["a:ok b:ok c:ok", "b:failed"], ("c",), {"c": ["b@run0"]}, id="failed attempts count for nothing"),
        pytest.param(["a:ok b:ok c:ok"], ("b", "c"), {"b": ["a@run0"], "c": ["b@here"]}, id="from this run"),
    ],
)
def test_the_nearest_run_in_which_the_producer_ended_well_decides_an_input(
    runs: list[str], selection: tuple[str, ...], loaded: dict[str, list[str]]
) -> None:
    assert sources(plan(CHAIN, history(CHAIN, *runs), Strategy.SELECTED_STEPS, selection)) == loaded


def test_one_steps_inputs_may_come_from_several_runs() -> None:
    lineage = history(DIAMOND, "a:ok b:failed c:ok d:blocked", "b:ok")
    assert sources(plan(DIAMOND, lineage)) == {"d": ["b@run1", "c@run0"]}


def test_an_output_that_the_deciding_run_did_not_make_is_absent_and_not_an_older_value() -> None:
    lineage = history(BRANCH, "o:ok(left) l:ok r:skipped j:ok", "o:ok(right)")
    step = plan(BRANCH, lineage, Strategy.SELECTED_STEPS, ("l",)).executed["l"]
    assert [str(ref) for ref in step.inputs[0].absent] == ["o.left"]
    assert step.inputs[0].sources == ()


def test_missing_outputs_are_all_named_with_the_steps_that_mend_it() -> None:
    lineage = history(DIAMOND, "a:failed b:blocked c:blocked d:blocked")
    with pytest.raises(MissingOutputsError) as refused:
        plan(DIAMOND, lineage, Strategy.SELECTED_STEPS, ("d",))
    assert [(one.step_key, one.upstream_step_key) for one in refused.value.missing] == [("d", "b"), ("d", "c")]
    assert refused.value.step_keys_to_add == ("a", "b", "c")


def test_stored_bytes_that_are_gone_are_missing_outputs() -> None:
    lineage = history(CHAIN, "a:ok b:ok c:failed")
    with pytest.raises(MissingOutputsError) as refused:
        plan(CHAIN, lineage, gone={"/run0/b/result": "its file is gone"})
    assert [(one.step_key, one.upstream_step_key, one.why) for one in refused.value.missing] == [
        ("c", "b", "its file is gone")
    ]
    assert refused.value.step_keys_to_add == ("b",)


def test_a_skip_upstream_beats_a_missing_output() -> None:
    graph = draw("o.x? -> j; f -> j")
    lineage = history(graph, "o:ok() f:failed j:skipped")
    found = plan(graph, lineage, Strategy.SELECTED_STEPS, ("j",))
    assert set(found.executed) == {"j"}


def test_a_fan_in_with_an_element_that_failed_refuses_but_leaves_out_a_skipped_one() -> None:
    graph = draw("o.x? -> s; f; g; [s f g] => j")
    skipped = history(graph, "o:ok() s:skipped f:ok g:ok j:ok")
    assert sources(plan(graph, skipped, Strategy.SELECTED_STEPS, ("j",))) == {"j": ["f@run0", "g@run0"]}
    failed = history(graph, "o:ok() s:skipped f:failed g:ok j:blocked")
    with pytest.raises(MissingOutputsError) as refused:
        plan(graph, failed, Strategy.SELECTED_STEPS, ("j",))
    assert [one.upstream_step_key for one in refused.value.missing] == ["f"]


def test_a_fan_in_refuses_also_where_all_that_is_left_of_it_was_skipped() -> None:
    graph = draw("o.x? -> s; f; [s f] => j")
    lineage = history(graph, "o:ok() s:skipped f:failed j:blocked")
    with pytest.raises(MissingOutputsError) as refused:
        plan(graph, lineage, Strategy.SELECTED_STEPS, ("j",))
    assert [one.upstream_step_key for one in refused.value.missing] == ["f"]
    assert refused.value.step_keys_to_add == ("f",)


def test_an_order_only_upstream_that_never_ended_well_is_a_warning() -> None:
    graph = draw("a ~> b")
    found = plan(graph, history(graph, "a:failed b:blocked"), Strategy.SELECTED_STEPS, ("b",))
    assert [(one.kind, one.step_keys_to_add) for one in found.warnings] == [
        (PlanWarningKind.ORDER_ONLY_UPSTREAM_UNSETTLED, ("a",))
    ]
    assert sources(found) == {"b": []}


def test_the_scope_is_the_roots_selection_resolved_anew() -> None:
    root = history(DIAMOND, "a:ok b:failed", selection=("a", "b"))
    found = plan(DIAMOND, root)
    assert set(found.executed) == {"b"}
    assert {found.by_key[key].reason_code for key in ("c", "d")} == {PlanReason.OUT_OF_SCOPE}
    with pytest.raises(InvalidSelectionError, match="scope"):
        plan(DIAMOND, root, Strategy.SELECTED_STEPS, ("c",))
    assert set(plan(DIAMOND, root, Strategy.ALL_STEPS).executed) == {"a", "b"}
    # An operator stops at the edge of the scope.
    assert set(plan(DIAMOND, root, Strategy.SELECTED_STEPS, ("a*",)).executed) == {"a", "b"}


def test_a_scope_that_no_longer_resolves_is_its_recorded_keys_that_still_exist() -> None:
    now = draw("a -> b2; a -> c")
    lineage = history(now, "a:ok c:failed b:failed", selection=("a", "b", "c"))
    assert set(plan(now, lineage).executed) == {"c"}
    # Nor does a selection by attribute that picks nothing any more.
    by_tag = history(now, "a:ok c:failed b:failed", selection=("tag:team=ml",))
    assert set(plan(now, by_tag).executed) == {"c"}


def test_a_scope_by_tag_follows_the_tags() -> None:
    tagged = replace(CHAIN, steps=tuple(replace(one, tags={"team": "ml"}) for one in CHAIN.steps[:2]) + CHAIN.steps[2:])
    lineage = history(tagged, "a:ok", selection=("tag:team",))
    assert set(plan(tagged, lineage).executed) == {"b"}
    assert set(plan(tagged, lineage, Strategy.SELECTED_STEPS, ("tag:team=ml or not a",)).executed) == {"a", "b"}


@pytest.mark.parametrize(
    ("runs", "selection", "executed"),
    [
        (["a:ok b:failed c:ok d:blocked"], "status:failed", "b"),
        (["a:ok b:failed c:ok d:blocked"], "status:failed*", "b d"),
        (["a:ok b:failed c:ok d:blocked"], "status:failed status:blocked", "b d"),
        (["a:ok b:failed c:ok d:blocked", "b:ok"], "status:success and not a", "b c"),
        (["a:ok b:failed c:ok d:blocked", "b:failed"], "+status:failure", "a b"),
        (["a:ok b:canceled c:ok d"], "status:canceled or status:pending", "b d"),
        (["a:ok b:failed"], "status:pending or b", "b c d"),
    ],
)
def test_a_selection_by_status_goes_by_the_effective_states(runs: list[str], selection: str, executed: str) -> None:
    found = plan(DIAMOND, history(DIAMOND, *runs), Strategy.SELECTED_STEPS, (selection,))
    assert set(found.executed) == set(executed.split())


def test_a_selection_by_status_that_picks_nothing_is_refused() -> None:
    for strategy in (Strategy.SELECTED_STEPS, Strategy.FROM_SELECTED):
        with pytest.raises(InvalidSelectionError, match="picks no step"):
            plan(CHAIN, history(CHAIN, "a:ok b:ok c:ok"), strategy, ("status:failed", "status:blocked*"))


def test_a_first_run_can_be_selected_by_tag_and_not_by_status() -> None:
    tagged = replace(CHAIN, steps=(replace(CHAIN.steps[0], tags={"team": "ml"}), *CHAIN.steps[1:]))
    found = plan_first_run(tagged, mode="default", run_config={}, selection="tag:team=ml+")
    assert set(found.executed) == {"a", "b"}
    for selection, said in (("status:failed", "needs a parent run"), ("tag:nobody", "picks no step")):
        with pytest.raises(InvalidSelectionError, match=said):
            plan_first_run(tagged, mode="default", run_config={}, selection=selection)


@pytest.mark.parametrize(
    ("runs", "key", "action", "code"),
    [
        (["a:ok b:failed c:blocked"], "a", Action.REUSE, PlanReason.ENDED_WELL),
        (["a:ok b:failed c:blocked"], "b", Action.EXECUTE, PlanReason.FAILED),
        (["a:ok b:failed c:blocked"], "c", Action.EXECUTE, PlanReason.BLOCKED),
        (["a:ok b:canceled c"], "b", Action.EXECUTE, PlanReason.CANCELED),
        (["a:ok b:canceled c"], "c", Action.EXECUTE, PlanReason.NEVER_RUN),
        (["a:ok b:running c"], "b", Action.EXECUTE, PlanReason.INTERRUPTED),
        (["a:ok b:ok c:ok", "b:failed"], "c", Action.EXECUTE, PlanReason.DOWNSTREAM),
    ],
)
def test_every_step_has_its_action_and_reason(runs: list[str], key: str, action: Action, code: PlanReason) -> None:
    step = plan(CHAIN, history(CHAIN, *runs)).by_key[key]
    assert (step.action, step.reason_code) == (action, code)
    assert step.reason


def test_a_step_that_neither_executes_nor_ever_ended_well_is_omitted() -> None:
    found = plan(CHAIN, history(CHAIN, "a:ok b:failed c:blocked"), Strategy.SELECTED_STEPS, ("a",))
    assert (found.by_key["b"].action, found.by_key["b"].reason_code) == (Action.OMIT, PlanReason.NOT_SELECTED)


def test_time_saved_is_what_the_reused_steps_took() -> None:
    assert plan(DIAMOND, history(DIAMOND, "a:ok b:failed c:ok d:blocked")).time_saved_ms == 4000.0


def test_the_plan_id_moves_with_sources_and_not_with_the_selections_text() -> None:
    lineage = history(CHAIN, "a:ok b:ok c:ok")
    one = plan(CHAIN, lineage, Strategy.SELECTED_STEPS, ("b", "c"))
    same = plan(CHAIN, lineage, Strategy.SELECTED_STEPS, ("b+",))
    other = plan(CHAIN, history(CHAIN, "a:ok b:ok c:ok", "a:ok"), Strategy.SELECTED_STEPS, ("b+",))
    assert one.id == same.id
    assert one.id != other.id


@pytest.mark.parametrize(
    ("runs", "selection", "settled"),
    [
        (["a:ok b:failed c:blocked"], ("b",), False),
        (["a:ok b:failed c:blocked"], ("b", "c"), True),
        (["a:ok b:ok c:ok"], ("a",), True),
    ],
)
def test_a_plan_knows_whether_what_it_leaves_is_settled(
    runs: list[str], selection: tuple[str, ...], settled: bool
) -> None:
    found = plan(CHAIN, history(CHAIN, *runs), Strategy.SELECTED_STEPS, selection)
    assert found.rest_is_settled is settled
