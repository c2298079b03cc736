"""How steps fared when they were last executed, in any run of their pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from dalsegno.runs.status import StepStatus
from dalsegno.store.script import Script
from dalsegno.store.tables import runs, steps

# Runs looked at in one statement, and at all: a step that has not run for so long has no history worth telling.
_RUNS_AT_ONCE = 50
_RUNS_AT_MOST = 1000
# A statement takes no more than some 30,000 values.
_KEYS_AT_ONCE = 20_000

_NEWEST = (
    select(runs.c.run_id)
    .where(runs.c.pipeline_name == bindparam("of_pipeline"), runs.c.run_id < bindparam("before"))
    .order_by(runs.c.run_id.desc())
    .limit(_RUNS_AT_ONCE)
)
_EXECUTIONS = (
    select(steps.c.step_key, steps.c.status, steps.c.started_at, steps.c.ended_at)
    .where(
        steps.c.run_id.in_(bindparam("wanted_runs", expanding=True)),
        steps.c.step_key.in_(bindparam("wanted_keys", expanding=True)),
        steps.c.status.in_((StepStatus.SUCCESS, StepStatus.FAILURE)),
    )
    .order_by(steps.c.run_id.desc())
)
# Greater than every run id.
_NO_RUN = "\x7f"


class StepExecutions(msgspec.Struct, frozen=True):
    """The latest executions of one step, back to the oldest success asked for."""

    # Of those that succeeded, in milliseconds, the latest first.
    durations_ms: tuple[float, ...]
    failures: int


class _Found:
    def __init__(self) -> None:
        self.durations_ms: list[float] = []
        self.failures = 0

    def add(self, status: str, started_at: datetime | None, ended_at: datetime | None) -> None:
        if status == StepStatus.FAILURE:
            self.failures += 1
        elif started_at is not None and ended_at is not None:
            self.durations_ms.append((ended_at - started_at).total_seconds() * 1000.0)


def fetch_step_executions(
    pipeline_name: str, step_keys: Sequence[str], successes: int
) -> Script[dict[str, StepExecutions]]:
    """By step key: its executions back to the `successes`th success, within the newest 1,000 runs of the pipeline."""
    found: dict[str, _Found] = {}
    for start in range(0, len(step_keys), _KEYS_AT_ONCE):
        found |= yield from _look_back(pipeline_name, step_keys[start : start + _KEYS_AT_ONCE], successes)
    return {key: StepExecutions(tuple(one.durations_ms), one.failures) for key, one in found.items()}


def _look_back(pipeline_name: str, step_keys: Sequence[str], successes: int) -> Script[dict[str, _Found]]:
    found = {key: _Found() for key in step_keys}
    open_keys = list(found)
    before, looked_at = _NO_RUN, 0
    while open_keys and looked_at < _RUNS_AT_MOST:
        run_ids = [row.run_id for row in (yield _NEWEST, {"of_pipeline": pipeline_name, "before": before})]
        if not run_ids:
            break
        before, looked_at = run_ids[-1], looked_at + len(run_ids)
        rows = yield _EXECUTIONS, {"wanted_runs": run_ids, "wanted_keys": open_keys}
        for key, status, started_at, ended_at in rows:
            if len(found[key].durations_ms) < successes:
                found[key].add(status, started_at, ended_at)
        open_keys = [key for key in open_keys if len(found[key].durations_ms) < successes]
    return found
