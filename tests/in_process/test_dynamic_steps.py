"""Steps that are executed once for each element, and what is recorded of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno import (
    DynamicOut,
    DynamicOutput,
    Instance,
    ModeDefinition,
    Out,
    Output,
    RetryPolicy,
    execute_pipeline,
    mem_io_manager,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from tests.in_process.mapped import Mapped, rows, statuses


def test_elements_are_executed_collected_and_recorded_by_their_keys(instance: Instance) -> None:
    mapped = Mapped(instance)
    result = mapped.run()
    assert result.success
    assert statuses(result) == dict.fromkeys(
        [
            *("gen", "work[a]", "work[b]", "work[c]", "post[a]", "post[b]", "post[c]"),
            *("total", "side"),
        ],
        "success",
    )
    assert result.output_value("total") == ["a:work:post", "b:work:post", "c:work:post"]
    assert result.output_value("work[b]") == "b:work"
    assert result.output_value("work") == {"a": "a:work", "b": "b:work", "c": "c:work"}
    assert result.output_value("gen") == {"a": "a", "b": "b", "c": "c"}
    assert result.run.step_keys_to_execute == ("gen", "work[?]", "post[?]", "total", "side")


def test_each_element_is_an_output_of_its_own_under_its_mapping_key(instance: Instance) -> None:
    result = Mapped(instance).run()
    outputs = result.step_stats["gen"].outputs
    assert [output.mapping_key for output in outputs] == ["a", "b", "c"]
    assert len({output.uri for output in outputs}) == 3
    assert all(output.digest and Path(output.uri or "").is_file() for output in outputs)


def test_the_expansion_is_recorded_with_the_success(instance: Instance) -> None:
    result = Mapped(instance).run()
    (succeeded,) = (event for event in result.event_list if event.step_key == "gen" and "SUCCEEDED" in event.kind)
    assert succeeded.data["expansions"] == {"result": ["a", "b", "c"]}
    assert succeeded.message == "Succeeded with 3 elements."
    assert result.step_stats["gen"].expansions == {"result": ("a", "b", "c")}


def test_before_the_generator_has_run_the_elements_are_one_row(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.fails = {"gen"}
    result = mapped.run()
    assert statuses(result) == {
        "gen": "failure",
        "work[?]": "blocked",
        "post[?]": "blocked",
        "total": "blocked",
        "side": "success",
    }
    assert result.step_stats["post[?]"].cause_step_keys == ("gen",)


def test_mapped_over_nothing_is_one_skipped_row_and_a_collect_gets_an_empty_list(instance: Instance) -> None:
    mapped = Mapped(instance, keys=())
    result = mapped.run()
    assert result.success
    assert statuses(result)["work[?]"] == statuses(result)["post[?]"] == "skipped"
    assert result.output_value("total") == []
    again = mapped.again(result, "total")
    assert again.output_value("total") == []
    assert statuses(again)["work[?]"] == "reused"
    assert rows(mapped.plan(result, "work*"))["work[?]"] == "execute: selected"
    selected = mapped.again(result, "work*")
    assert statuses(selected) == {**statuses(result), "gen": "reused", "side": "reused"}


def test_an_optional_dynamic_output_without_elements_skips_the_collect_too(instance: Instance) -> None:
    mapped = Mapped(instance, keys=(), is_required=False)
    result = mapped.run()
    assert result.success
    assert [statuses(result)[key] for key in ("work[?]", "post[?]", "total")] == ["skipped"] * 3


def test_an_element_that_gives_nothing_is_left_out_and_one_that_fails_blocks(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.skips = {"work[a]"}
    result = mapped.run()
    assert statuses(result)["post[a]"] == "skipped"
    assert result.step_stats["post[a]"].note == "work[a].result"
    assert result.output_value("total") == ["b:work:post", "c:work:post"]
    mapped.fails = {"post[b]"}
    failed = mapped.run()
    assert statuses(failed)["total"] == "blocked"
    assert failed.step_stats["total"].cause_step_keys == ("post[b]",)


def test_a_collect_is_skipped_only_where_all_elements_were(instance: Instance) -> None:
    mapped = Mapped(instance)
    mapped.skips = {"post[a]", "post[b]", "post[c]"}
    assert statuses(mapped.run())["total"] == "skipped"


def test_an_element_is_retried_by_itself(instance: Instance) -> None:
    attempts: list[str] = []

    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(key, key) for key in "ab"]

    @step(retry_policy=RetryPolicy(max_retries=1))
    def work(context: Any, item: str) -> str:
        attempts.append(context.step_key)
        if attempts.count("work[b]") == 1 and item == "b":
            raise ValueError
        return item

    @pipeline
    def drawn() -> None:
        gen().map(work)

    result = execute_pipeline(drawn, instance=instance)
    assert result.success
    assert len(result.step_stats["work[b]"].attempts) == 2
    assert len(result.step_stats["work[a]"].attempts) == 1


def test_several_dynamic_outputs_and_further_inputs(instance: Instance) -> None:
    @step(out={"small": DynamicOut(), "big": DynamicOut(), "none": DynamicOut(is_required=False), "count": Out()})
    def several() -> Iterator[Any]:
        yield DynamicOutput(1, "a", "small")
        yield DynamicOutput(100, "a", "big")
        yield Output(7, "count")
        yield DynamicOutput(200, "b", "big")

    @step
    def add(item: int, more: int) -> int:
        return item + more

    @step
    def total(items: list[int]) -> int:
        return sum(items)

    @pipeline
    def drawn() -> None:
        made = several()
        low = total.alias("low")(made.small.map(lambda item: add.alias("small")(item, made.count)).collect())
        big = made.big.map(lambda item: add.alias("big")(item, low))
        total.alias("high")(big.collect())
        total.alias("nothing")(made.none.collect())
        total.alias("themselves")(made.big.collect())

    result = execute_pipeline(drawn, instance=instance)
    assert result.success
    assert result.output_value("low") == 8
    assert result.output_value("big") == {"a": 108, "b": 208}
    assert result.output_value("high") == 316
    assert result.output_value("themselves") == 300
    assert statuses(result)["nothing"] == "skipped"
    assert result.step_stats["several"].expansions == {"small": ("a",), "big": ("a", "b")}


def test_what_is_mapped_may_take_what_all_the_others_gave(instance: Instance) -> None:
    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(number, f"k{number}") for number in (1, 2, 3)]

    @step
    def share(item: int, items: list[int]) -> float:
        return item / sum(items)

    @pipeline
    def drawn() -> None:
        elements = gen()
        elements.map(lambda item: share(item, elements.collect()))

    result = execute_pipeline(drawn, instance=instance)
    assert result.output_value("share") == {"k1": 1 / 6, "k2": 2 / 6, "k3": 3 / 6}


def test_a_map_in_a_nested_pipeline(instance: Instance) -> None:
    @step(out=DynamicOut())
    def gen(count: int) -> list[DynamicOutput]:
        return [DynamicOutput(number, f"k{number}") for number in range(count)]

    @step
    def work(item: int) -> int:
        return 10 * item

    @step
    def total(items: list[int]) -> int:
        return sum(items)

    @step
    def three() -> int:
        return 3

    @pipeline
    def inner(count: int) -> Any:
        return total(gen(count).map(work).collect())

    @pipeline
    def outer() -> None:
        inner(inner(three()))

    result = execute_pipeline(outer, instance=instance)
    assert result.output_value("inner.total") == 30
    assert result.output_value("inner_2.total") == 10 * sum(range(30))
    again = reexecute_pipeline(outer, result.run_id, step_selection=["inner.work[k1]*"], instance=instance)
    assert again.run.step_keys_to_execute[:3] == ("inner.work[k1]", "inner.total", "inner_2.gen")
    assert "inner_2.work[?]" in again.run.step_keys_to_execute


def test_elements_are_kept_in_memory_too() -> None:
    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(object(), key) for key in "ab"]

    @step
    def same(item: object) -> object:
        return item

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": mem_io_manager})])
    def drawn() -> None:
        gen().map(same)

    with Instance.ephemeral() as instance:
        result = execute_pipeline(drawn, instance=instance)
        assert result.output_value("same") == result.output_value("gen")
        again = reexecute_pipeline(drawn, result.run_id, step_selection=["same[b]"], instance=instance)
        assert again.output_value("same[b]") is result.output_value("gen")["b"]


def test_the_config_of_a_mapped_step_is_that_of_all_its_elements(instance: Instance) -> None:
    from pydantic import BaseModel

    class Factor(BaseModel):
        by: int

    @step(out=DynamicOut())
    def gen() -> list[DynamicOutput]:
        return [DynamicOutput(number, f"k{number}") for number in (1, 2)]

    @step(config=Factor)
    def work(context: Any, item: int) -> int:
        return item * context.config.by

    @pipeline
    def drawn() -> None:
        gen().map(work)

    config = {"steps": {"work": {"config": {"by": 5}}}}
    result = execute_pipeline(drawn, config, instance=instance)
    assert result.output_value("work") == {"k1": 5, "k2": 10}
    again = reexecute_pipeline(drawn, result.run_id, step_selection=["work[k2]"], instance=instance)
    assert again.output_value("work") == {"k1": 5, "k2": 10}


def test_two_thousand_elements_take_no_more_than_their_number_of_steps(tmp_path: Path) -> None:
    mapped_by: dict[int, float] = {}
    with Instance.ephemeral() as instance:
        for count in (250, 2000):

            @step(out=DynamicOut())
            def gen(size: int = count) -> Iterator[DynamicOutput]:
                return (DynamicOutput(number, f"k{number}") for number in range(size))

            @step
            def work(item: int) -> int:
                return item

            @step
            def total(items: list[int]) -> int:
                return sum(items)

            @pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": mem_io_manager})])
            def drawn() -> None:
                total(gen().map(work).map(work.alias("post")).collect())

            begun = time.process_time()
            result = execute_pipeline(drawn, instance=instance)
            plan = plan_reexecution(drawn, result.run_id, step_selection=["work[k7]*"], instance=instance)
            mapped_by[count] = time.process_time() - begun
            assert result.output_value("total") == sum(range(count))
            assert plan.step_keys_to_execute == ("work[k7]", "post[k7]", "total")
    assert mapped_by[2000] < 3 * 8 * mapped_by[250]


def test_a_mapping_key_given_twice_fails_the_attempt_and_no_element_is_executed(instance: Instance) -> None:
    mapped = Mapped(instance, keys=("a", "a"))
    result = mapped.run()
    assert statuses(result)["gen"] == "failure"
    error = result.step_stats["gen"].error
    assert error is not None
    assert "the mapping key 'a' was given twice" in error.message
    assert statuses(result)["work[?]"] == "blocked"
