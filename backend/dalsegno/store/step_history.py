"""How steps fared when they were last executed, in any run of their pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.step_keys import ANY_KEY, mapping_key_of, step_name
from dalsegno.store.script import Script
from dalsegno.store.tables import runs, steps

# Runs looked at in one statement, and at all: a step that has not run for so long has no history worth telling.
_RUNS_AT_ONCE = 50
_RUNS_AT_MOST = 1000
# Of a mapped step, so many executions of elements tell enough of those runs.
_ELEMENTS_AT_ONCE = 1000
# A statement takes no more than some 30,000 values.
_KEYS_AT_ONCE = 20_000

_NEWEST = (
    select(runs.c.run_id)
    .where(runs.c.pipeline_name == bindparam("of_pipeline"), runs.c.run_id < bindparam("before"))
    .order_by(runs.c.run_id.desc())
    .limit(_RUNS_AT_ONCE)
)
_OF_RUNS = (
    select(steps.c.step_key, steps.c.status, steps.c.started_at, steps.c.ended_at)
    .where(
        steps.c.run_id.in_(bindparam("wanted_runs", expanding=True)),
        steps.c.status.in_((StepStatus.SUCCESS, StepStatus.FAILURE)),
    )
    .order_by(steps.c.run_id.desc())
)
_EXECUTIONS = _OF_RUNS.where(steps.c.step_key.in_(bindparam("wanted_keys", expanding=True)))
# Of all elements of one mapped step: their keys begin alike.
_OF_ELEMENTS = _OF_RUNS.where(
    steps.c.step_key >= bindparam("first_key"), steps.c.step_key < bindparam("beyond_key")
).limit(_ELEMENTS_AT_ONCE)
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
    """By step key: its executions back to the `successes`th success, within the newest 1,000 runs of the pipeline.

    `work[?]` asks for those of all elements of a mapped step.
    """
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
        plain = [key for key in open_keys if mapping_key_of(key) != ANY_KEY]
        rows = [(row.step_key, row) for row in (yield _EXECUTIONS, {"wanted_runs": run_ids, "wanted_keys": plain})]
        for key in open_keys:
            if mapping_key_of(key) == ANY_KEY:
                rows += [(key, row) for row in (yield _OF_ELEMENTS, {"wanted_runs": run_ids, **_range_of(key)})]
        for key, row in rows:
            if len(found[key].durations_ms) < successes:
                found[key].add(row.status, row.started_at, row.ended_at)
        open_keys = [key for key in open_keys if len(found[key].durations_ms) < successes]
    return found


def _range_of(whole_key: str) -> dict[str, str]:
    """Where the keys of all elements of a mapped step lie: from `work[` to what comes next in its place."""
    name = step_name(whole_key)
    return {"first_key": f"{name}[", "beyond_key": f"{name}{chr(ord('[') + 1)}"}
