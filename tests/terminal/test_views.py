"""Plans, runs, errors and documents as they are printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dalsegno.errors import InvalidSelectionError, MissingOutput, MissingOutputsError
from dalsegno.plan.plan import (
    Action,
    InputSource,
    Plan,
    PlannedInput,
    PlannedStep,
    PlanReason,
    PlanWarning,
    PlanWarningKind,
)
from dalsegno.runs.attempts import ErrorInfo, StepAttempt, StepState
from dalsegno.runs.run import Run, RunGroup
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.terminal.documents import as_document
from dalsegno.terminal.errors_view import print_error
from dalsegno.terminal.plan_view import print_plan
from dalsegno.terminal.run_view import print_run, print_summary
from dalsegno.terminal.runs_view import print_groups
from tests.terminal.consoles import piped, terminal, written

ROOT = "0195a1b2-c3d4-7a13-8a00-000000000001"
AGAIN = "0195a1b2-d9d4-7c31-8b00-000000000002"
THIRD = "0195a1b3-aaaa-7000-8000-000000000003"
T0 = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


def reused(key):
    return PlannedStep(
        step_key=key,
        action=Action.REUSE,
        reason_code=PlanReason.ENDED_WELL,
        reason="succeeded in the first run",
        reused_from_run_id=ROOT,
    )


PLAN = Plan(
    pipeline_name="training",
    snapshot_id="s",
    mode="default",
    run_config={},
    parent_run_id=ROOT,
    strategy=ReexecutionStrategy.FROM_FAILURE,
    time_saved_ms=184_000,
    steps=(
        reused("train"),
        PlannedStep(
            step_key="test",
            action=Action.EXECUTE,
            reason_code=PlanReason.FAILED,
            reason="failed in the first run",
            inputs=(
                PlannedInput(
                    name="model", sources=(InputSource(step_key="train", output_name="result", run_id=ROOT, attempt=1),)
                ),
                PlannedInput(name="threshold"),
            ),
        ),
        PlannedStep(
            step_key="report",
            action=Action.EXECUTE,
            reason_code=PlanReason.BLOCKED,
            reason="was blocked by a failure upstream in the first run",
            inputs=(PlannedInput(name="scores", sources=(InputSource(step_key="test", output_name="scores"),)),),
        ),
        PlannedStep(step_key="extra", action=Action.OMIT, reason_code=PlanReason.OUT_OF_SCOPE, reason="out of scope"),
    ),
    warnings=(
        PlanWarning(
            kind=PlanWarningKind.STALE, message="is older than load.", step_key="train", step_keys_to_add=("train",)
        ),
    ),
)


def test_a_plan_tells_action_reason_sources_totals_and_warnings():
    console = piped()
    print_plan(console, PLAN)
    assert written(console) == [
        f"Plan: training, from failure of run {ROOT}",
        "",
        "STEP    ACTION   WHY                                                 FROM",
        f"train   reuse    succeeded in the first run                          {ROOT}",
        f"{'test    execute  failed in the first run':<69}model <- train ({ROOT}); threshold <- config or default",
        "report  execute  was blocked by a failure upstream in the first run  scores <- test.scores (this run)",
        "extra   omit     out of scope",
        "",
        "2 steps to execute, 1 reused (saves 3 min 4 s), 1 omitted.",
        "Missing outputs: none; every input of a step to execute has its source.",
        "Warning: train: is older than load. Add train to the selection.",
        f"Plan id: {PLAN.id}",
    ]


def run_of(run_id, status, parent=None, steps=("train", "test", "report"), after=0):
    start = T0 + timedelta(minutes=after)
    return Run(
        run_id=run_id,
        pipeline_name="training",
        snapshot_id="s",
        mode="default",
        run_config={},
        tags={"team": "ml"},
        status=status,
        created_at=start,
        started_at=start,
        ended_at=start + timedelta(seconds=90),
        step_keys_to_execute=steps,
        launched_by="ana",
        parent_run_id=parent,
        root_run_id=ROOT,
        strategy=ReexecutionStrategy.FROM_FAILURE if parent else None,
    )


FAILED = run_of(ROOT, RunStatus.FAILURE)
MENDED = run_of(AGAIN, RunStatus.SUCCESS, ROOT, ("test", "report"), after=5)
THIRD_RUN = run_of(THIRD, RunStatus.CANCELED, AGAIN, ("report",), after=9)
TRACEBACK = """\
Traceback (most recent call last):
  File "ml.py", line 41, in test
    1 / 0
ZeroDivisionError: division by zero
"""
STATES = {
    "train": StepState(step_key="train", status=StepStatus.REUSED),
    "test": StepState(
        step_key="test",
        status=StepStatus.FAILURE,
        attempts=tuple(
            StepAttempt(
                number=number,
                token=str(number),
                status=StepStatus.FAILURE,
                started_at=T0,
                error=ErrorInfo(class_name="ZeroDivisionError", message="division by zero", traceback=TRACEBACK),
            )
            for number in (1, 2)
        ),
        started_at=T0,
        ended_at=T0 + timedelta(seconds=1.5),
    ),
    "report": StepState(step_key="report", status=StepStatus.BLOCKED, cause_step_keys=("test",)),
    "extra": StepState(step_key="extra", status=StepStatus.OMITTED),
}


def test_a_run_shows_each_step_the_error_in_full_and_its_group():
    console = piped()
    print_run(console, FAILED, [FAILED, MENDED], PLAN, STATES)
    text = "\n".join(written(console))
    assert f"Run {ROOT}\n" in text
    assert "status   failure in 1 min 30 s" in text
    assert "tags     team=ml" in text
    rows = {line.split()[0]: line for line in written(console) if line}
    assert rows["train"].split() == ["train", "reused", "succeeded", "in", "the", "first", "run", ROOT]
    assert rows["test"].split()[:4] == ["test", "failure", "2", "1.5"]
    assert rows["report"].endswith("blocked by test")
    assert "Step test failed after 2 attempts: ZeroDivisionError: division by zero" in text
    assert '  Traceback (most recent call last):\n    File "ml.py", line 41, in test' in text
    assert f"{ROOT} (this)" in text
    assert f"`- {AGAIN}" in text


def test_the_summary_of_a_run_of_many_steps_names_those_that_did_not_end_well():
    keys = [f"step_{number}" for number in range(1000)]
    plan = Plan(
        pipeline_name="many",
        snapshot_id="s",
        mode="default",
        run_config={},
        steps=tuple(
            PlannedStep(step_key=key, action=Action.EXECUTE, reason_code=PlanReason.ALL_STEPS, reason="all steps")
            for key in keys
        ),
    )
    states = {key: StepState(step_key=key, status=StepStatus.SUCCESS) for key in keys}
    states["step_7"] = StepState(step_key="step_7", status=StepStatus.BLOCKED, cause_step_keys=("step_6",))
    console = piped()
    print_summary(console, FAILED, plan, states)
    text = "\n".join(written(console))
    assert "step_7  blocked  blocked by step_6" in text
    assert "and 999 other steps" in text
    assert len(written(console)) < 20


def test_groups_are_trees_with_a_branch_for_each_reexecution():
    group = RunGroup(
        root_run_id=ROOT,
        pipeline_name="training",
        status=RunStatus.SUCCESS,
        newest_run_id=THIRD,
        run_count=4,
        created_at=T0,
        updated_at=T0,
    )
    sibling = run_of("0195a1b4-0000-7000-8000-000000000004", RunStatus.FAILURE, ROOT, after=12)
    console = terminal(width=100)
    print_groups(console, [(group, [FAILED, MENDED, THIRD_RUN, sibling])])
    assert [line[:23].strip() for line in written(console)[1:]] == [
        "training",
        "0195a1b2-c3d4",
        "├─ 0195a1b2-d9d4",
        "│  └─ 0195a1b3-aaaa",
        "└─ 0195a1b4-0000",
    ]


def test_missing_outputs_are_told_one_a_line_with_what_to_add():
    console = piped()
    missing = (
        MissingOutput(
            step_key="c", input_name="x", upstream_step_key="a", output_name="result", why="its file is gone"
        ),
        MissingOutput(step_key="c", input_name="y", upstream_step_key="b", output_name="left", why="never made"),
    )
    print_error(console, MissingOutputsError(missing=missing, step_keys_to_add=("a", "b")))
    assert written(console)[1:] == [
        "  c needs a.result for its input 'x': its file is gone",
        "  c needs b.left for its input 'y': never made",
        "  Add to the selection: a, b",
    ]


def test_an_invalid_selection_is_pointed_at():
    console = piped()
    error = InvalidSelectionError(problem="no step is named 'tset'", clause="tset+", text_index=1, start=6, end=10)
    print_error(console, error, ("load", "train tset+"))
    assert written(console)[-2:] == ["  train tset+", "        ^^^^"]


@pytest.mark.parametrize("value", [PLAN, FAILED, STATES], ids=["plan", "run", "steps"])
def test_documents_are_json_with_every_field(value):
    document = as_document(value)
    assert json.loads(json.dumps(document)) == document


def test_a_document_keeps_times_in_utc_and_the_plan_by_its_id():
    assert as_document(FAILED)["created_at"] == "2026-11-22T10:00:00Z"
    assert as_document(FAILED)["parent_run_id"] is None
    assert as_document(PLAN)["plan_id"] == PLAN.id
