"""Pipelines for tests of the service, and a script that says which of their steps fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pydantic

from dalsegno import In, Out, Output, RetryPolicy, mem_io_manager, pipeline, step
from dalsegno.definitions import ModeDefinition, PipelineDefinition


class TrainConfig(pydantic.BaseModel):
    """What the step `train` of the chain reads."""

    rate: float = 0.5


class Script:
    """Which steps fail from now on, and what happens when one is entered."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.entered: list[str] = []
        # Called with the key of each step that is entered.
        self.on_enter: Callable[[str], object] = lambda _key: None

    def enter(self, key: str) -> None:
        self.entered.append(key)
        self.on_enter(key)
        if key in self.failing:
            raise ValueError(f"{key} is broken")


def chain_of(script: Script, name: str = "chain") -> PipelineDefinition:
    """load -> train -> report, where `train` has a config and prints."""

    @step(description="Loads the rows.", tags={"team": "data"}, code_version="1")
    def load() -> list[int]:
        script.enter("load")
        return [1, 2, 3]

    @step(config=TrainConfig, code_version="2", retry_policy=RetryPolicy(max_retries=1, delay=0.001))
    def train(context: Any, rows: list[int]) -> float:
        print("training", "ä" * 4)
        context.log.info("rate %s", context.config.rate)
        context.add_output_metadata({"rows": len(rows)})
        script.enter("train")
        return sum(rows) * float(context.config.rate)

    @step(ins={"score": In(float, description="The score.")}, code_version="3")
    def report(score: float) -> str:
        script.enter("report")
        return f"score {score}"

    @pipeline(name=name, description="Loads, trains and reports.", tags={"kind": "example"})
    def chain() -> None:
        report(train(load()))

    return chain


def branching(script: Script) -> PipelineDefinition:
    """branch gives `left` alone; right is skipped, and left out of the fan-in of both."""

    @step(out={"left": Out(int, is_required=False), "right": Out(int, is_required=False)}, code_version="1")
    def branch() -> Iterator[Output]:
        script.enter("branch")
        yield Output(1, "left")

    @step(code_version="1")
    def on_left(value: int) -> int:
        script.enter("on_left")
        return value

    @step(code_version="1")
    def on_right(value: int) -> int:
        script.enter("on_right")
        return value

    @step(code_version="1")
    def both(values: list[int]) -> int:
        script.enter("both")
        return sum(values)

    @pipeline
    def branches() -> None:
        left, right = branch()
        both([on_left(left), on_right(right)])

    return branches


def in_memory(script: Script) -> PipelineDefinition:
    """first -> second, with outputs in the memory of the process."""

    @step(code_version="1")
    def first() -> int:
        return 1

    @step(code_version="1")
    def second(value: int) -> int:
        script.enter("second")
        return value

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": mem_io_manager})])
    def kept_in_memory() -> None:
        second(first())

    return kept_in_memory
