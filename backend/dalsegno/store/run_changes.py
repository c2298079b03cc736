"""Which runs and steps have changed since they were last looked at."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, or_, select

from dalsegno.runs.run import Run
from dalsegno.store.run_rows import run_of
from dalsegno.store.script import Rows, Script
from dalsegno.store.tables import runs, steps

_GOING_ON = (
    select(runs)
    .where(or_(runs.c.ended_at.is_(None), runs.c.run_id.in_(bindparam("watched", expanding=True))))
    .order_by(runs.c.run_id)
)
_NEWER = (
    select(runs)
    .where(runs.c.run_id > bindparam("newer_than"), runs.c.ended_at.is_not(None))
    .order_by(runs.c.run_id)
    .limit(bindparam("at_most"))
)
_NEWEST_ID = select(runs.c.run_id).order_by(runs.c.run_id.desc()).limit(1)
_CHANGED_STEPS = select(steps.c.run_id, steps.c.step_key).where(
    steps.c.run_id.in_(bindparam("of_runs", expanding=True)), steps.c.changed_at_event > bindparam("since")
)
_REACHED_STEPS = select(steps.c.run_id, steps.c.step_key).where(
    steps.c.run_id.in_(bindparam("of_runs", expanding=True))
)


def newest_run_id() -> Script[str]:
    """The greatest id of a run; empty where there is none."""
    rows = yield _NEWEST_ID
    return rows[0].run_id if rows else ""


def fetch_moving_runs(watched: Iterable[str], newer_than: str, limit: int = 200) -> Script[list[Run]]:
    """The runs that have not ended, those watched, and those that came, and ended, after `newer_than`."""
    going_on = yield _GOING_ON, {"watched": list(watched)}
    newer = yield _NEWER, {"newer_than": newer_than, "at_most": limit}
    found = {row.run_id: run_of(row) for row in (*going_on, *newer)}
    return [found[run_id] for run_id in sorted(found)]


def changed_step_keys(run_ids: Iterable[str], since: int) -> Script[dict[str, set[str]]]:
    """By run: its steps that changed after its event of this number."""
    wanted = list(run_ids)
    return _by_run(wanted, (yield _CHANGED_STEPS, {"of_runs": wanted, "since": since}))


def reached_step_keys(run_ids: Iterable[str]) -> Script[dict[str, set[str]]]:
    """By run: its steps that began, were skipped, blocked or cancelled."""
    wanted = list(run_ids)
    return _by_run(wanted, (yield _REACHED_STEPS, {"of_runs": wanted}))


def _by_run(run_ids: Iterable[str], rows: Rows) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {run_id: set() for run_id in run_ids}
    for run_id, step_key in rows:
        found[run_id].add(step_key)
    return found
