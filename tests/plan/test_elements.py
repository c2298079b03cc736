"""Rows of mapped steps: expanded in the order of their keys, decided on by element, taken up where they stood."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import pytest

from dalsegno import DynamicOut, pipeline, step
from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.ready_steps import Block, Decision, ReadySteps, Skip, Start
from dalsegno.runs.attempts import StepAttempt, StepOutput, StepState
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import ElementRef, OutputRef, PipelineSnapshot
from dalsegno.snapshot.step_rows import rows_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@step(out=DynamicOut())
def gen(): ...


@step(out=DynamicOut())
def again(items): ...


@step
def work(item, factor=1): ...


@step
def post(item): ...


@step
def total(items): ...


@step
def plain(): ...


@pipeline
def two_maps():
    factor = plain()
    first = gen().map(lambda item: post(work(item, factor)))
    total(again(first.collect()).map(work.alias("late")).collect())


SNAPSHOT = two_maps.snapshot
G, H = OutputRef("gen", "result"), OutputRef("again", "result")


def ready(states: Mapping[str, StepState] | None = None) -> ReadySteps:
    return ReadySteps(plan_first_run(SNAPSHOT, mode="default", run_config={}), states)


def succeed(machine: ReadySteps, *keys: str) -> None:
    for key in keys:
        machine.ended(key, StepStatus.SUCCESS, {"result"})


def taken(machine: ReadySteps) -> list[Decision]:
    return list(machine.take())


def starts(*keys: str) -> list[Decision]:
    return [Start(key) for key in keys]


def test_rows_of_a_snapshot_stand_in_topological_order_by_element():
    assert [row.key for row in rows_of(SNAPSHOT, {}).steps] == [
        *("plain", "gen", "work[?]", "post[?]", "again", "late[?]", "total"),
    ]
    rows = rows_of(SNAPSHOT, {G: ("a", "b"), H: ()})
    assert [row.key for row in rows.steps] == [
        *("plain", "gen", "work[a]", "work[b]", "post[a]", "post[b]", "again", "late[?]", "total"),
    ]
    assert rows.by_key["work[b]"].inputs[0].sources == (ElementRef("gen", "result", "b"),)
    assert rows.by_key["again"].inputs[0].sources == (OutputRef("post[a]", "result"), OutputRef("post[b]", "result"))
    assert rows.graph.upstream["again"] == ("post[a]", "post[b]")
    assert rows.graph.upstream["work[a]"] == ("gen", "plain")
    assert rows.is_over_nothing(OutputRef("late[?]", "result"))
    assert not rows.is_over_nothing(OutputRef("post[a]", "result"))


def test_a_pipeline_without_dynamic_outputs_is_its_own_rows():
    @pipeline
    def simple():
        post(plain())

    rows = rows_of(simple.snapshot, {})
    assert rows.steps is simple.snapshot.steps
    assert rows.graph is simple.snapshot.graph


def test_elements_start_in_the_order_of_their_keys_as_soon_as_theirs_is_there():
    machine = ready()
    assert taken(machine) == starts("plain", "gen")
    machine.ended("gen", StepStatus.SUCCESS, {"result"}, expansions={"result": ("b", "a")})
    assert taken(machine) == []
    succeed(machine, "plain")
    assert taken(machine) == starts("work[b]", "work[a]")
    succeed(machine, "work[a]")
    assert taken(machine) == starts("post[a]")
    succeed(machine, "post[a]", "work[b]")
    assert taken(machine) == starts("post[b]")
    succeed(machine, "post[b]")
    assert taken(machine) == starts("again")
    sources = machine.rows["again"].inputs[0].sources
    assert [source.step_key for source in sources] == ["post[b]", "post[a]"]
    machine.ended("again", StepStatus.SUCCESS, {"result"}, expansions={"result": ("z",)})
    assert taken(machine) == starts("late[z]")
    succeed(machine, "late[z]")
    assert taken(machine) == starts("total")
    assert not machine.is_over
    succeed(machine, "total")
    assert machine.is_over


def test_without_elements_the_map_is_skipped_and_the_collect_starts():
    machine = ready()
    taken(machine)
    succeed(machine, "plain")
    machine.ended("gen", StepStatus.SUCCESS, expansions={"result": ()})
    assert taken(machine) == [Skip("work[?]", "gen.result"), Skip("post[?]", "gen.result"), Start("again")]
    assert machine.rows["again"].inputs[0].sources == ()


def test_a_dynamic_output_left_out_skips_the_collect_too():
    machine = ready()
    taken(machine)
    succeed(machine, "plain")
    machine.ended("gen", StepStatus.SUCCESS)
    assert [type(decision) for decision in taken(machine)] == [Skip] * 5


def test_a_failed_generator_blocks_the_rows_as_a_whole():
    machine = ready()
    taken(machine)
    succeed(machine, "plain")
    machine.ended("gen", StepStatus.FAILURE)
    decisions = taken(machine)
    assert decisions == [Block(key, ("gen",)) for key in ("work[?]", "post[?]", "again", "late[?]", "total")]
    assert machine.is_over


def test_a_failed_element_blocks_what_is_its_own_and_the_collect():
    machine = ready()
    taken(machine)
    succeed(machine, "plain")
    machine.ended("gen", StepStatus.SUCCESS, {"result"}, expansions={"result": ("a", "b")})
    taken(machine)
    machine.ended("work[a]", StepStatus.FAILURE)
    succeed(machine, "work[b]")
    assert taken(machine) == [Block("post[a]", ("work[a]",)), Start("post[b]")]
    succeed(machine, "post[b]")
    assert taken(machine)[0] == Block("again", ("work[a]",))


def test_what_an_ordinary_input_skips_is_skipped_by_element():
    machine = ready()
    taken(machine)
    machine.ended("plain", StepStatus.SUCCESS)
    assert taken(machine) == []
    machine.ended("gen", StepStatus.SUCCESS, {"result"}, expansions={"result": ("a", "b")})
    assert taken(machine) == [
        Skip("work[a]", "plain.result"),
        Skip("work[b]", "plain.result"),
        Skip("post[a]", "work[a].result"),
        Skip("post[b]", "work[b].result"),
        Skip("again", "post[b].result"),
        Skip("late[?]", "again.result"),
        Skip("total", "late[?].result"),
    ]
    assert machine.is_over


def test_what_an_ordinary_input_skips_is_one_row_where_there_are_no_elements():
    machine = ready()
    taken(machine)
    machine.ended("plain", StepStatus.SUCCESS)
    machine.ended("gen", StepStatus.SUCCESS, expansions={"result": ()})
    assert [str(decision.step_key) for decision in taken(machine)] == ["work[?]", "post[?]", "again"]


def state(key: str, status: StepStatus, **fields: object) -> StepState:
    attempt = StepAttempt(number=1, token="t", status=status, started_at=NOON)
    outputs = (StepOutput(name="result"),) if status is StepStatus.SUCCESS else ()
    return StepState(step_key=key, status=status, attempts=(attempt,), outputs=outputs, **fields)


def states(*found: StepState) -> dict[str, StepState]:
    return {one.step_key: one for one in found}


@pytest.mark.parametrize("order", [1, -1])
def test_a_run_is_taken_up_where_its_elements_stand(order):
    found = [
        state("plain", StepStatus.SUCCESS),
        state("gen", StepStatus.SUCCESS, expansions={"result": ("a", "b", "c")}),
        state("work[a]", StepStatus.SUCCESS),
        state("work[b]", StepStatus.RUNNING),
        state("post[a]", StepStatus.FAILURE),
    ]
    machine = ready(states(*found[::order]))
    assert taken(machine) == starts("work[c]")
    succeed(machine, "work[b]", "work[c]")
    assert taken(machine) == starts("post[b]", "post[c]")
    succeed(machine, "post[b]", "post[c]")
    assert taken(machine)[0] == Block("again", ("post[a]",))
    assert machine.is_over


class Executed:
    """How many instructions of Python were executed."""

    def __init__(self) -> None:
        self.count = 0

    def trace(self, frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.count += event == "opcode"
        return self.trace


@contextmanager
def counted_instructions() -> Iterator[Executed]:
    """Of what is called within: the same wherever, and however busy the machine is."""
    executed, before = Executed(), sys.gettrace()
    sys.settrace(executed.trace)
    try:
        yield executed
    finally:
        sys.settrace(before)


def test_expanding_takes_work_in_proportion_to_the_elements():
    def instructions(count: int) -> int:
        machine = ready()
        taken(machine)
        succeed(machine, "plain")
        keys = [f"k{number}" for number in range(count)]
        with counted_instructions() as executed:
            expand(machine, keys)
        return executed.count

    def expand(machine: ReadySteps, keys: Sequence[str]) -> None:
        machine.ended("gen", StepStatus.SUCCESS, {"result"}, expansions={"result": keys})
        for name in ("work", "post"):
            assert len(taken(machine)) == len(keys)
            succeed(machine, *(f"{name}[{key}]" for key in keys))
        assert taken(machine) == starts("again")

    instructions(10)
    assert instructions(400) < 11 * instructions(40)


def test_snapshots_come_back_with_what_they_say_of_elements():
    again_read = PipelineSnapshot.from_content(SNAPSHOT.content)
    assert again_read == SNAPSHOT
    assert again_read.by_key["work"].mapped_over == G
    assert again_read.by_key["total"].inputs[0].is_collect
    assert again_read.generators == {"gen": (G,), "again": (H,)}
