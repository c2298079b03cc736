"""Elements of mapped steps that changed, or are stale: each by itself, whoever gave its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from dalsegno import (
    DynamicOut,
    DynamicOutput,
    Instance,
    PipelineResult,
    ReexecutionNotAllowedError,
    execute_pipeline,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from dalsegno.definitions import PipelineDefinition
from dalsegno.plan.plan import Action, Plan, PlanWarningKind


class Rate(BaseModel):
    rate: int = 1


class Editable:
    """gen -> work -> post -> total by the keys that gen gives, and what its authors edit between runs."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.keys = ["a", "b"]
        # What gen gives for a key; else the key.
        self.given: dict[str, str] = {}
        self.versions = dict.fromkeys(["gen", "work", "post"], "1")
        self.fails: set[str] = set()

    def pipeline(self) -> PipelineDefinition:
        @step(out=DynamicOut(), code_version=self.versions["gen"])
        def gen() -> Iterator[DynamicOutput]:
            for key in self.keys:
                yield DynamicOutput(self.given.get(key, key), key)

        @step(config=Rate, code_version=self.versions["work"])
        def work(context: Any, item: str) -> str:
            if context.step_key in self.fails:
                raise ValueError("is told to fail")
            return item * int(context.config.rate)

        @step(code_version=self.versions["post"])
        def post(item: str) -> str:
            return item.upper()

        @step(code_version="1")
        def total(items: list[str]) -> str:
            return "".join(items)

        @pipeline(name="edited")
        def made() -> None:
            total(gen().map(work).map(post).collect())

        return made

    def run(self) -> PipelineResult:
        return execute_pipeline(self.pipeline(), instance=self.instance)

    def again(self, parent: PipelineResult, *selection: str, **asked: Any) -> PipelineResult:
        return reexecute_pipeline(self.pipeline(), parent.run_id, **self._asked(selection, asked))

    def plan(self, parent: PipelineResult, *selection: str, **asked: Any) -> Plan:
        return plan_reexecution(self.pipeline(), parent.run_id, **self._asked(selection, asked))

    def executed(self, parent: PipelineResult, *selection: str, **asked: Any) -> str:
        """What a re-execution would execute; "nothing" where nothing has changed."""
        try:
            return " ".join(self.plan(parent, *selection, **asked).step_keys_to_execute)
        except ReexecutionNotAllowedError:
            return "nothing"

    def _asked(self, selection: tuple[str, ...], asked: dict[str, Any]) -> dict[str, Any]:
        chosen: dict[str, Any] = {"step_selection": list(selection)} if selection else {"strategy": "FROM_CHANGED"}
        return {"instance": self.instance, **chosen, **asked}


@pytest.fixture
def edited(instance: Instance) -> Editable:
    return Editable(instance)


def test_as_long_as_nothing_is_edited_no_element_has_changed(edited: Editable) -> None:
    first = edited.run()
    assert edited.executed(first) == "nothing"
    # The generator made the same bytes again.
    assert edited.executed(edited.again(first, "gen")) == "nothing"
    assert edited.executed(edited.again(first, "work[a]")) == "nothing"
    edited.keys = []
    none = edited.run()
    assert edited.executed(none) == "nothing"


def test_other_code_of_a_mapped_step_means_all_its_elements_and_of_the_generator_whatever_elements(
    edited: Editable,
) -> None:
    first = edited.run()
    edited.versions["work"] = "2"
    assert edited.executed(first) == "work[a] work[b] post[a] post[b] total"
    assert edited.executed(first, "is:changed") == "work[a] work[b]"
    assert edited.executed(first, "is:stale and not is:changed") == "post[a] post[b] total"
    edited.versions["gen"] = "2"
    assert edited.executed(first) == "gen work[?] post[?] total"
    assert edited.executed(first, "is:changed") == "gen work[?]"
    assert edited.executed(edited.again(first)) == "nothing"


def test_config_of_a_mapped_step_is_that_of_its_elements(edited: Editable) -> None:
    first = edited.run()
    config = {"steps": {"work": {"config": {"rate": 2}}}}
    plan = edited.plan(first, run_config=config)
    assert plan.step_keys_to_execute == ("work[a]", "work[b]", "post[a]", "post[b]", "total")
    assert plan.by_key["work[a]"].reason == "config rate 1 -> 2"
    assert edited.executed(first, "is:changed and name:*[b]", run_config=config) == "work[b]"


def test_an_element_that_is_given_other_bytes_has_changed_and_the_others_have_not(edited: Editable) -> None:
    first = edited.run()
    edited.given["b"] = "B"
    regenerated = edited.again(first, "gen")
    plan = edited.plan(regenerated)
    assert plan.step_keys_to_execute == ("work[b]", "post[b]", "total")
    assert plan.by_key["work[b]"].reason == "input item changed: gen ran again in the parent run"
    assert edited.executed(regenerated, "is:stale") == "work[b] post[b] total"
    assert edited.instance.stale_steps(regenerated.run_id) == ("work[b]", "post[b]", "total")
    mended = edited.again(regenerated)
    assert mended.output_value("total") == "AB"
    assert edited.executed(mended) == "nothing"


def test_other_elements_are_what_was_never_run_and_another_collection(edited: Editable) -> None:
    first = edited.run()
    edited.keys = ["a", "c"]
    other = edited.again(first, "gen")
    assert edited.executed(other) == "work[c] post[c] total"
    assert edited.instance.stale_steps(other.run_id) == ("total",)
    edited.keys = ["b"]
    fewer = edited.again(other, "gen")
    plan = edited.plan(fewer)
    assert plan.step_keys_to_execute == ("total",)
    assert plan.by_key["total"].reason == "input items has other elements now"
    edited.keys = []
    assert edited.again(edited.again(fewer, "gen")).output_value("total") == ""


def test_what_is_collected_from_a_generator_that_executes_is_stale(edited: Editable) -> None:
    first = edited.run()
    plan = edited.plan(first, "gen", "work")
    assert [(one.step_key, one.action, one.is_stale) for one in plan.steps] == [
        ("gen", Action.EXECUTE, False),
        ("work[?]", Action.EXECUTE, False),
        ("post[?]", Action.OMIT, False),
        ("total", Action.REUSE, True),
    ]
    assert [one.kind for one in plan.warnings] == [PlanWarningKind.STALE]
    again = edited.again(first, "gen", "work")
    # Its elements are known by now, and those that were left out stand there with what an earlier run made.
    assert [one.step_key for one in again.plan.steps if one.is_stale] == ["post[a]", "post[b]", "total"]
    assert again.result_for_solid("post[b]").is_stale
    assert not again.result_for_solid("work[b]").is_stale


def test_one_element_that_executes_makes_its_followers_stale_alone(edited: Editable) -> None:
    first = edited.run()
    plan = edited.plan(first, "work[b]")
    assert [one.step_key for one in plan.steps if one.is_stale] == ["post[b]", "total"]
    again = edited.again(first, "work[b]")
    assert [one.step_key for one in again.plan.steps if one.is_stale] == ["post[b]", "total"]
    # It made the same again.
    assert edited.instance.stale_steps(again.run_id) == ()


def test_an_element_that_failed_is_executed_from_changed_too(edited: Editable) -> None:
    edited.fails = {"work[a]"}
    failed = edited.run()
    edited.fails = set()
    edited.versions["post"] = "2"
    assert edited.executed(failed) == "work[a] post[a] post[b] total"
    assert edited.executed(failed, "is:changed") == "post[b]"
    assert edited.executed(failed, "status:failed* is:changed*") == "work[a] post[a] post[b] total"
