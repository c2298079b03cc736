"""What may start, be skipped or be blocked: drawn cases, and a law against the plainest rule there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.plan import Plan
from dalsegno.plan.ready_steps import Block, Decision, ReadySteps, Skip, Start, ready_steps
from dalsegno.runs.attempts import StepOutput, StepState
from dalsegno.runs.status import StepStatus
from tests.drawing import draw

ENDS = {"ok": StepStatus.SUCCESS, "failed": StepStatus.FAILURE, "running": StepStatus.RUNNING}


def first_plan(picture: str) -> Plan:
    return plan_first_run(draw(picture), mode="default", run_config={})


def states(text: str) -> dict[str, StepState]:
    found = {}
    for word in text.split():
        key, _, end = word.partition(":")
        end, _, made = end.partition("(")
        names = made.rstrip(")").split(",") if made else ["result"]
        found[key] = StepState(
            step_key=key, status=ENDS[end], outputs=tuple(StepOutput(name=name) for name in names if name != "-")
        )
    return found


def told(decision: Decision) -> str:
    match decision:
        case Start():
            return f"start {decision.step_key}"
        case Skip():
            return f"skip {decision.step_key}"
        case Block():
            return f"block {decision.step_key} by {' '.join(decision.causes)}"


@pytest.mark.parametrize(
    ("picture", "now", "decisions"),
    [
        pytest.param("a -> b; c", "", ["start a", "start c"], id="what waits for nothing starts"),
        pytest.param("a -> b", "a:running", [], id="what is waited for is not over"),
        pytest.param("a -> b", "a:ok", ["start b"], id="its input is there"),
        pytest.param("a -> b -> c", "a:failed", ["block b by a", "block c by a"], id="the cause is the root of it"),
        pytest.param("a -> j; b -> j", "a:failed b:failed", ["block j by a b"], id="every cause is named"),
        pytest.param("a -> j; b -> j", "a:failed b:running", [], id="a block waits: a skip may yet come"),
        pytest.param("o.x? -> s -> t", "o:ok(-)", ["skip s", "skip t"], id="a skip goes on downstream"),
        pytest.param("o.x? -> j; f -> j", "f:failed o:ok(-)", ["skip j"], id="a skip beats a failure"),
        pytest.param("o.x? -> j; f -> j", "f:running o:ok(-)", ["skip j"], id="a skip need not wait"),
        pytest.param("o.x? -> s; b; [s b] => j", "o:ok(-) b:ok", ["skip s", "start j"], id="a fan-in goes without"),
        pytest.param("o.x? -> s; [s] => j", "o:ok(-)", ["skip s", "skip j"], id="a fan-in with nothing left"),
        pytest.param("a; b; [a b] => j", "a:ok b:failed", ["block j by b"], id="a fan-in never runs short"),
        pytest.param("a ~> b", "a:failed", ["block b by a"], id="order-only edges block"),
    ],
)
def test_what_is_due(picture: str, now: str, decisions: list[str]) -> None:
    assert [told(one) for one in ready_steps(first_plan(picture), states(now))] == decisions


PICTURES = [
    "a -> b -> d; a -> c -> d",
    "o.x? -> l; o.y? -> r; [l r] => j; j -> k",
    "a ~> b; c -> b; b -> d; [a b d] => e",
    "p.x? -> q; f -> q; q -> t; [q f] => u; u -> v; t -> v",
]


@given(st.sampled_from(PICTURES), st.data())
def test_telling_it_step_by_step_and_asking_it_at_once_decide_the_same(picture: str, data: st.DataObject) -> None:
    """Play a run in any order; after each end, a machine made anew from the states agrees with the one that went on."""
    plan = first_plan(picture)
    outputs = {step.key: list(step.outputs) for step in draw(picture).steps}
    machine = ReadySteps(plan)
    now: dict[str, StepState] = {}
    running: list[str] = []

    def drain() -> None:
        for decision in machine.take():
            key = decision.step_key
            status = {Start: StepStatus.RUNNING, Skip: StepStatus.SKIPPED, Block: StepStatus.BLOCKED}[type(decision)]
            causes = decision.causes if isinstance(decision, Block) else ()
            now[key] = StepState(step_key=key, status=status, cause_step_keys=causes)
            if isinstance(decision, Start):
                running.append(key)

    drain()
    while running:
        key = running.pop(data.draw(st.integers(0, len(running) - 1)))
        ok = data.draw(st.booleans())
        made = [one.name for one in outputs[key] if one.is_required or data.draw(st.booleans())] if ok else []
        status = StepStatus.SUCCESS if ok else StepStatus.FAILURE
        now[key] = StepState(step_key=key, status=status, outputs=tuple(StepOutput(name=name) for name in made))
        machine.ended(key, status, made)
        before = dict(now)
        drain()
        assert {told(one) for one in ready_steps(plan, before)} == {
            told(_decision(now[one])) for one in now if one not in before
        }
    assert machine.is_over
    assert set(now) == set(plan.executed)


def _decision(state: StepState) -> Decision:
    if state.status is StepStatus.SKIPPED:
        return Skip(state.step_key, "")
    return Block(state.step_key, state.cause_step_keys) if state.status is StepStatus.BLOCKED else Start(state.step_key)
