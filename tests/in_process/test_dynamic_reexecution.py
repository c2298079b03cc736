"""Re-execution by element: each test is named for what goes wrong elsewhere, and must not here."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from dalsegno import (
    DynamicOut,
    DynamicOutput,
    Instance,
    InvalidSelectionError,
    MissingOutputsError,
    ReexecutionNotAllowedError,
    execute_pipeline,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from tests.in_process.mapped import Mapped, rows, statuses


def test_keys_of_a_failed_attempt_are_not_there_twice_after_a_retry(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b"), retries=1)
    mapped.given_before_failing = [("a",)]
    result = mapped.run()
    assert result.step_stats["gen"].expansions == {"result": ("a", "b")}
    assert mapped.again(result, "total").output_value("total") == ["a:work:post", "b:work:post"]


def test_a_key_that_only_the_failed_attempt_gave_is_no_element(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b"), retries=1)
    mapped.given_before_failing = [("a", "gone")]
    result = mapped.run()
    assert "work[gone]" not in result.step_stats
    with pytest.raises(InvalidSelectionError) as raised:
        mapped.plan(result, "work[gone]")
    assert "has no such element; it has 'work[a]', 'work[b]'" in raised.value.problem


def test_a_failure_before_any_element_was_known_executes_them_and_does_not_skip_them(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b"))
    mapped.fails = {"gen"}
    failed = mapped.run()
    mapped.fails = set()
    assert rows(mapped.plan(failed)) == {
        "gen": "execute: failed in the first run",
        "work[?]": "execute: was blocked by a failure upstream in the first run",
        "post[?]": "execute: was blocked by a failure upstream in the first run",
        "total": "execute: was blocked by a failure upstream in the first run",
        "side": "reuse: succeeded in the first run",
    }
    mended = mapped.again(failed)
    assert mapped.entered == ["gen", "work[a]", "work[b]", "post[a]", "post[b]", "total"]
    assert mended.output_value("total") == ["a:work:post", "b:work:post"]
    assert statuses(mended)["side"] == "reused"


def test_the_collect_waits_for_the_elements_where_the_generator_failed_before_them(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.fails = {"gen"}
    failed = mapped.run()
    assert statuses(mapped.again(failed))["total"] == "blocked"


def interrupted_in(mapped: Mapped, step_key: str) -> Any:
    """A run that Ctrl-C ends in the body of that step."""
    enter = mapped.enter

    def interrupting(key: str) -> None:
        mapped.entered.append(key)
        if key == step_key:
            raise KeyboardInterrupt

    mapped.enter = interrupting  # type: ignore[method-assign]
    try:
        return mapped.run()
    finally:
        mapped.enter = enter  # type: ignore[method-assign]


def test_elements_that_began_and_did_not_end_and_those_that_never_began_are_executed(instance: Instance) -> None:
    mapped = Mapped(instance)
    result = interrupted_in(mapped, "work[b]")
    assert statuses(result) == {
        "gen": "success",
        "work[a]": "success",
        "work[b]": "canceled",
        "work[c]": "omitted",
        "post[a]": "omitted",
        "post[b]": "omitted",
        "post[c]": "omitted",
        "total": "omitted",
        "side": "success" if "side" in mapped.entered else "omitted",
    }
    plan = rows(mapped.plan(result))
    assert plan["work[a]"] == "reuse: succeeded in the first run"
    assert plan["work[b]"] == "execute: was canceled in the first run"
    assert plan["work[c]"] == "execute: was not reached in the first run"
    mended = mapped.again(result)
    assert [key for key in mapped.entered if key.startswith("work")] == ["work[b]", "work[c]"]
    assert mended.output_value("total") == ["a:work:post", "b:work:post", "c:work:post"]
    assert str(instance.group(mended.run_id).status) == "SUCCESS"


def test_a_collect_never_runs_on_fewer_elements_than_were_mapped(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.fails = {"work[a]", "post[c]"}
    failed = mapped.run()
    with pytest.raises(MissingOutputsError) as raised:
        mapped.again(failed, "total")
    missing = [(one.step_key, one.upstream_step_key) for one in raised.value.missing]
    assert missing == [("total", "post[a]"), ("total", "post[c]")]
    assert raised.value.step_keys_to_add == ("work[a]", "post[a]", "post[c]")
    mapped.fails = set()
    mended = mapped.again(failed, *raised.value.step_keys_to_add, "total")
    assert sorted(mapped.entered) == ["post[a]", "post[c]", "total", "work[a]"]
    assert mended.output_value("total") == ["a:work:post", "b:work:post", "c:work:post"]


def test_levels_around_mapped_steps_resolve(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b"))
    result = mapped.run()

    def picked(*selection: str) -> str:
        return " ".join(mapped.plan(result, *selection).step_keys_to_execute)

    assert picked("work") == picked("work[?]") == "work[a] work[b]"
    assert picked("+work") == picked("*work[a]") == "gen work[?]"
    assert picked("gen+") == "gen work[?]"
    assert picked("gen*") == "gen work[?] post[?] total"
    assert picked("work[b]+") == "work[b] post[b]"
    assert picked("work[b]*") == "work[b] post[b] total"
    assert picked("+total") == "post[a] post[b] total"
    assert picked("*total") == "gen work[?] post[?] total"
    assert picked("gen", "post[b]", "work[a]") == "gen work[?] post[?]"


def test_elements_are_selected_by_what_became_of_each(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b", "c"))
    mapped.fails = {"work[b]"}
    failed = mapped.run()

    def picked(selection: str) -> str:
        return " ".join(mapped.plan(failed, selection).step_keys_to_execute)

    assert picked("status:failed") == "work[b]"
    assert picked("status:failed*") == "work[b] post[b] total"
    assert picked("status:failed or status:blocked and not total") == "work[b] post[b]"
    assert picked("work and status:success") == "work[a] work[c]"
    assert picked("name:*[b] or name:work[a]") == "work[a] work[b] post[b]"
    mapped.fails = {"gen"}
    again = mapped.again(failed, "gen*")
    # Whether there are these elements is not known any more; they stand as their step does in the nearest run.
    blocked = mapped.plan(again, "status:blocked and work")
    assert blocked.step_keys_to_execute == ("work[a]", "work[b]", "work[c]")


def test_an_element_selected_with_its_generator_means_all_elements_and_the_plan_says_so(instance: Instance) -> None:
    mapped = Mapped(instance)
    result = mapped.run()
    plan = mapped.plan(result, "*work[b]")
    assert rows(plan) == {
        "gen": "execute: selected",
        "work[?]": "execute: with gen, which executes: all its elements",
        "post[?]": "omit: not selected, and which elements it has is known once gen has run",
        "total": "reuse: succeeded in the first run",
        "side": "reuse: succeeded in the first run",
    }
    assert plan.by_key["work[?]"].reason_code == "WITH_GENERATOR"
    again = mapped.again(result, "*work[b]", plan_id=plan.id)
    assert mapped.entered == ["gen", "work[a]", "work[b]", "work[c]"]
    assert statuses(again)["post[b]"] == "reused"


def test_what_was_skipped_in_the_parent_is_not_loaded_from_before(instance: Instance) -> None:
    mapped = Mapped(instance)
    first = mapped.run()
    mapped.skips = {"work[b]"}
    second = mapped.again(first, "work[b]")
    third = mapped.again(second, "post[b]")
    assert statuses(third)["post[b]"] == "skipped"
    fourth = mapped.again(third, "total")
    assert fourth.output_value("total") == ["a:work:post", "c:work:post"]


def test_other_config_executes_the_failed_element_and_no_other(instance: Instance) -> None:
    class Limit(BaseModel):
        most: int

    entered: list[str] = []

    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(number, f"k{number}") for number in (1, 5, 9)]

    @step(config=Limit)
    def work(context: Any, item: int) -> int:
        entered.append(context.step_key)
        if item > context.config.most:
            raise ValueError("too large")
        return item

    @step
    def total(items: list[int]) -> int:
        return sum(items)

    @pipeline
    def drawn() -> None:
        total(gen().map(work).collect())

    first = execute_pipeline(drawn, {"steps": {"work": {"config": {"most": 6}}}}, instance=instance)
    assert entered == ["work[k1]", "work[k5]", "work[k9]"]
    config = {"steps": {"work": {"config": {"most": 10}}}}
    again = reexecute_pipeline(drawn, first.run_id, config, strategy="FROM_FAILURE", instance=instance)
    assert entered == ["work[k1]", "work[k5]", "work[k9]", "work[k9]"]
    assert again.output_value("total") == 15


def test_elements_that_succeeded_are_not_executed_again_with_their_group(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.fails = {"work[b]"}
    failed = mapped.run()
    mapped.fails = set()
    mapped.again(failed)
    assert mapped.entered == ["work[b]", "post[b]", "total"]


def test_a_second_and_a_third_repair_find_what_each_run_has_made(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.fails = {"work[a]", "work[b]"}
    first = mapped.run()
    mapped.fails = {"post[a]", "work[b]"}
    second = mapped.again(first)
    mapped.fails = {"work[b]"}
    third = mapped.again(second)
    mapped.fails = set()
    fourth = mapped.again(third)
    assert mapped.entered == ["work[b]", "post[b]", "total"]
    plan = instance.plan_of(fourth.run_id)
    sources = {one.step_key: one.run_id for one in plan.by_key["total"].inputs[0].sources}
    assert sources == {"post[a]": third.run_id, "post[b]": None, "post[c]": first.run_id}
    with pytest.raises(ReexecutionNotAllowedError):
        mapped.again(fourth)


def test_a_generator_executed_again_gives_other_keys(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "b"))
    first = mapped.run()
    mapped.keys = ("b", "z")
    second = mapped.again(first, "gen")
    # What is settled is judged by the elements that there are now.
    assert second.success
    assert statuses(second) == {
        "gen": "success",
        "work[b]": "reused",
        "work[z]": "omitted",
        "post[b]": "reused",
        "post[z]": "omitted",
        "total": "reused",
        "side": "reused",
    }
    assert str(instance.group(second.run_id).status) == "FAILURE"
    assert rows(mapped.plan(second))["work[z]"] == "execute: has never run in this group"
    with pytest.raises(InvalidSelectionError):
        mapped.plan(second, "work[a]")
    with pytest.raises(MissingOutputsError) as raised:
        mapped.plan(second, "total")
    assert raised.value.step_keys_to_add == ("work[z]", "post[z]")
    third = mapped.again(second)
    assert mapped.entered == ["work[z]", "post[z]", "total"]
    assert third.output_value("total") == ["b:work:post", "z:work:post"]
    assert str(instance.group(third.run_id).status) == "SUCCESS"


def test_a_generator_executed_alone_that_gives_the_same_keys_leaves_nothing_to_do(instance: Instance) -> None:
    mapped = Mapped(instance)
    first = mapped.run()
    second = mapped.again(first, "gen")
    assert str(instance.group(second.run_id).status) == "SUCCESS"
    with pytest.raises(ReexecutionNotAllowedError):
        mapped.plan(second)


def test_a_collect_with_its_generator_but_without_the_elements_is_refused(instance: Instance) -> None:
    mapped = Mapped(instance)
    first = mapped.run()
    with pytest.raises(MissingOutputsError) as raised:
        mapped.plan(first, "gen", "total")
    (missing,) = raised.value.missing
    assert (missing.step_key, missing.upstream_step_key) == ("total", "post[?]")
    assert "known once gen has run" in missing.why
    assert raised.value.step_keys_to_add == ("work[?]", "post[?]")
    assert mapped.plan(first, "gen", "total", *raised.value.step_keys_to_add).step_keys_to_execute == (
        *("gen", "work[?]", "post[?]", "total"),
    )


def test_a_generator_that_fails_when_executed_again_blocks_all_elements(instance: Instance) -> None:
    mapped = Mapped(instance)
    first = mapped.run()
    mapped.fails = {"gen"}
    second = mapped.again(first, "gen*")
    assert statuses(second)["work[?]"] == "blocked"
    mapped.fails = set()
    # The elements that an earlier run made still are there, and can be executed by themselves.
    assert mapped.plan(second, "work[b]").step_keys_to_execute == ("work[b]",)
    assert mapped.plan(second).step_keys_to_execute == ("gen", "work[?]", "post[?]", "total")
    # Executed alone it leaves the elements as they were: planned last where they were blocked.
    third = mapped.again(second, "gen")
    assert mapped.plan(third).step_keys_to_execute == (
        *("work[a]", "work[b]", "work[c]", "post[a]", "post[b]", "post[c]", "total"),
    )


def test_an_element_whose_bytes_are_gone_is_named(instance: Instance) -> None:
    from pathlib import Path

    mapped = Mapped(instance)
    first = mapped.run()
    Path(first.step_stats["gen"].outputs[1].uri or "").unlink()
    with pytest.raises(MissingOutputsError) as raised:
        mapped.plan(first, "work")
    assert [(one.step_key, one.upstream_step_key) for one in raised.value.missing] == [("work[b]", "gen")]
    assert raised.value.step_keys_to_add == ("gen",)


def test_the_parent_never_changes(instance: Instance) -> None:
    from tests.stored import everything_of

    mapped = Mapped(instance)
    mapped.fails = {"work[b]"}
    first = mapped.run()
    before = everything_of(instance, first.run_id)
    mapped.fails = set()
    mapped.again(first)
    mapped.again(first, "gen*")
    assert everything_of(instance, first.run_id) == before


def test_a_first_run_of_a_selection_takes_elements_as_a_whole(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a",))
    result = mapped.run(solid_selection=["gen", "work"])
    assert result.run.step_keys_to_execute == ("gen", "work[?]")
    assert statuses(result)["work[a]"] == "success"
    assert statuses(result)["post[a]"] == "omitted"
    assert str(instance.group(result.run_id).status) == "SUCCESS"
    with pytest.raises(InvalidSelectionError):
        mapped.run(solid_selection=["gen", "work[a]"])
    with pytest.raises(MissingOutputsError):
        mapped.run(solid_selection=["work", "post"])
    with pytest.raises(InvalidSelectionError) as raised:
        mapped.plan(result, "post[a]")
    assert "outside the run group's scope" in raised.value.problem


def test_code_that_maps_what_it_did_not_map_before_executes_all_of_it(instance: Instance) -> None:
    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(1, "a")]

    @step
    def work(item: Any) -> Any:
        return item

    @pipeline(name="changing")
    def collected() -> None:
        work(gen().collect())

    @pipeline(name="changing")
    def mapped() -> None:
        gen().map(work)

    first = execute_pipeline(collected, instance=instance)
    plan = plan_reexecution(mapped, first.run_id, strategy="FROM_FAILURE", instance=instance)
    assert plan.step_keys_to_execute == ("work[a]",)
    second = reexecute_pipeline(mapped, first.run_id, strategy="FROM_FAILURE", instance=instance)
    assert second.output_value("work") == {"a": 1}
    third = plan_reexecution(collected, second.run_id, step_selection=["work"], instance=instance)
    assert third.step_keys_to_execute == ("work",)
