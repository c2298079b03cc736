"""A chain of re-executions: each finds what it needs in the runs before it, and changes none of them."""

from __future__ import annotations

from typing import Any

from dalsegno import Instance, RunStatus, StepStatus, execute_pipeline, pipeline, reexecute_pipeline, step
from dalsegno.definitions import PipelineDefinition
from tests.stored import everything_of


class Script:
    """A chain a -> b -> c, of which `failing` names the steps that fail."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.executed: list[str] = []

    def enter(self, key: str) -> None:
        self.executed.append(key)
        if key in self.failing:
            raise ValueError(f"{key} is broken")

    def pipeline(self) -> PipelineDefinition:
        script = self

        @step
        def a(context: Any) -> dict[str, str]:
            script.enter("a")
            return {"a": context.run_id}

        @step
        def b(context: Any, one: dict[str, str]) -> dict[str, str]:
            script.enter("b")
            return {**one, "b": context.run_id}

        @step
        def c(context: Any, one: dict[str, str], two: dict[str, str]) -> dict[str, str]:
            script.enter("c")
            return {"a seen by c": one["a"], "b seen by c": two["b"], "c": context.run_id}

        @pipeline
        def chain() -> None:
            made = a()
            c(made, b(made))

        return chain


def test_each_run_of_a_chain_executes_what_is_left_and_the_first_one_never_changes(instance: Instance) -> None:
    script = Script()
    chain = script.pipeline()

    script.failing = {"b"}
    root = execute_pipeline(chain, instance=instance)
    assert root.status is RunStatus.FAILURE
    before = everything_of(instance, root.run_id)

    script.failing = {"c"}
    script.executed.clear()
    r1 = reexecute_pipeline(chain, root.run_id, strategy="FROM_FAILURE", instance=instance)
    assert script.executed == ["b", "c"]
    assert r1.status is RunStatus.FAILURE
    assert r1.step_stats["b"].status is StepStatus.SUCCESS
    r1_before = everything_of(instance, r1.run_id)

    script.failing = set()
    script.executed.clear()
    r2 = reexecute_pipeline(chain, r1.run_id, strategy="FROM_FAILURE", instance=instance)
    assert script.executed == ["c"]
    assert r2.success
    assert r2.output_value("c") == {"a seen by c": root.run_id, "b seen by c": r1.run_id, "c": r2.run_id}

    group = instance.group(r2.run_id)
    assert group.root_run_id == root.run_id
    assert [run.run_id for run in instance.group_runs(root.run_id)] == [root.run_id, r1.run_id, r2.run_id]
    assert group.status is RunStatus.SUCCESS
    assert everything_of(instance, root.run_id) == before
    assert everything_of(instance, r1.run_id) == r1_before


def test_the_plan_of_a_run_is_kept_and_tells_where_everything_came_from(instance: Instance) -> None:
    script = Script()
    chain = script.pipeline()
    script.failing = {"b"}
    root = execute_pipeline(chain, instance=instance)
    script.failing = set()
    again = reexecute_pipeline(chain, root.run_id, strategy="FROM_FAILURE", instance=instance)
    plan = instance.plan_of(again.run_id)
    assert {step.step_key: (str(step.action), step.reason) for step in plan.steps} == {
        "a": ("REUSE", "succeeded in the first run"),
        "b": ("EXECUTE", "failed in the first run"),
        "c": ("EXECUTE", "was blocked by a failure upstream in the first run"),
    }
    assert [source.run_id for one in plan.by_key["b"].inputs for source in one.sources] == [root.run_id]


def test_the_group_is_settled_only_when_every_step_of_its_scope_is(instance: Instance) -> None:
    script = Script()
    chain = script.pipeline()
    script.failing = {"b"}
    root = execute_pipeline(chain, instance=instance)
    script.failing = set()
    part = reexecute_pipeline(chain, root.run_id, step_selection="b", instance=instance)
    assert part.success
    assert instance.group(root.run_id).status is RunStatus.FAILURE
    rest = reexecute_pipeline(chain, part.run_id, strategy="FROM_FAILURE", instance=instance)
    assert rest.run.step_keys_to_execute == ("c",)
    assert instance.group(root.run_id).status is RunStatus.SUCCESS


def test_config_mode_and_tags_are_the_parents_unless_given(instance: Instance) -> None:
    chain = Script().pipeline()
    root = execute_pipeline(chain, instance=instance, tags={"team": "ml", "try": "1"}, reason="nightly")
    again = reexecute_pipeline(chain, root.run_id, instance=instance, tags={"try": "2"})
    assert again.run.tags == {"team": "ml", "try": "2"}
    assert (root.run.reason, again.run.reason) == ("nightly", None)
    assert again.run.mode == root.run.mode
