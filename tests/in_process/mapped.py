"""A pipeline with mapped steps, whose bodies do what a test tells them to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dalsegno import (
    DynamicOut,
    DynamicOutput,
    Instance,
    Out,
    Output,
    PipelineResult,
    RetryPolicy,
    execute_pipeline,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from dalsegno.definitions import PipelineDefinition
from dalsegno.plan.plan import Plan


class Mapped:
    """gen -> work[?] -> post[?] -> total; `side` beside them. `fails` and `skips` name the steps that do."""

    def __init__(
        self,
        instance: Instance,
        keys: Sequence[str] = ("a", "b", "c"),
        *,
        is_required: bool = True,
        retries: int = 0,
    ) -> None:
        self.instance = instance
        self.keys: Sequence[str] = keys
        self.fails: set[str] = set()
        self.skips: set[str] = set()
        # What gen gives in its next attempts, before it raises.
        self.given_before_failing: list[Sequence[str]] = []
        # The keys of all bodies that were entered, in order.
        self.entered: list[str] = []
        self.pipeline = self._define(is_required, RetryPolicy(max_retries=retries) if retries else None)

    def run(self, **arguments: Any) -> PipelineResult:
        self.entered = []
        return execute_pipeline(self.pipeline, instance=self.instance, **arguments)

    def again(self, parent: PipelineResult, *selection: str, **arguments: Any) -> PipelineResult:
        """Re-execute what the selection picks, else from failure."""
        self.entered = []
        return reexecute_pipeline(self.pipeline, parent.run_id, **self._asked(selection, arguments))

    def plan(self, parent: PipelineResult, *selection: str, **arguments: Any) -> Plan:
        return plan_reexecution(self.pipeline, parent.run_id, **self._asked(selection, arguments))

    def _asked(self, selection: Sequence[str], arguments: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {"step_selection": list(selection)} if selection else {"strategy": "FROM_FAILURE"}
        return {"instance": self.instance, **asked, **arguments}

    def enter(self, step_key: str) -> None:
        self.entered.append(step_key)
        if step_key in self.fails:
            raise ValueError(f"{step_key} is told to fail")

    def _define(self, is_required: bool, retry_policy: RetryPolicy | None) -> PipelineDefinition:
        @step(out=DynamicOut(is_required=is_required), retry_policy=retry_policy)
        def gen(context: Any) -> Iterator[DynamicOutput]:
            is_to_fail = bool(self.given_before_failing)
            for key in self.given_before_failing.pop(0) if is_to_fail else self.keys:
                yield DynamicOutput(key, key)
            if is_to_fail:
                raise ValueError("gen is told to fail after its elements")
            self.enter("gen")

        def doing(name: str) -> Any:
            @step(name=name, out=Out(is_required=False))
            def one(context: Any, item: str) -> Iterator[Output]:
                self.enter(context.step_key)
                if context.step_key not in self.skips:
                    yield Output(f"{item}:{name}")

            return one

        @step
        def total(context: Any, items: list[str]) -> list[str]:
            self.enter("total")
            return items

        @step
        def side() -> None:
            self.enter("side")

        @pipeline
        def mapped() -> None:
            total(gen().map(doing("work")).map(doing("post")).collect())
            side()

        return mapped


def statuses(result: PipelineResult) -> dict[str, str]:
    """By step key, each in lower case."""
    return {key: str(state.status).lower() for key, state in result.step_stats.items()}


def rows(plan: Plan) -> dict[str, str]:
    """By step key: what is done with it, and why."""
    return {step.step_key: f"{step.action.value.lower()}: {step.reason}" for step in plan.steps}
