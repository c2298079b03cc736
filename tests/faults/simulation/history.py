"""What is left of a simulation, to be judged: the rows of the database, and the journal."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from functools import cached_property
from typing import Any

import msgspec

from tests.faults.simulation.journal import Entry

# What is kept of a run, and never changes once it has ended. Read by SQL alone: not by what is to be proven.
_TABLES_OF_RUN = {
    "runs": "run_id",
    "run_plans": "run_id",
    "steps": "step_key",
    "attempts": "step_key, number",
    "outputs": "step_key, name, mapping_key",
    "events": "number",
}


def rows_of_run(connection: sqlite3.Connection, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that are kept of a run."""
    return {
        table: connection.execute(f"SELECT * FROM {table} WHERE run_id = ? ORDER BY {order}", (run_id,)).fetchall()
        for table, order in _TABLES_OF_RUN.items()
    }


class RunHistory(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One run, as its rows stand at the end."""

    run: dict[str, Any]
    plan: dict[str, Any]
    steps: dict[str, dict[str, Any]]
    # By step, in their order.
    attempts: dict[str, list[dict[str, Any]]]
    outputs: dict[str, list[dict[str, Any]]]
    events: list[dict[str, Any]]
    # As they are stored.
    rows: dict[str, list[tuple[Any, ...]]]

    @property
    def run_id(self) -> str:
        return str(self.run["run_id"])

    @cached_property
    def planned(self) -> dict[str, dict[str, Any]]:
        """Of the stored plan: the steps to execute."""
        return {step["step_key"]: step for step in self.plan["steps"]}


class History(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All of it."""

    runs: dict[str, RunHistory]
    groups: dict[str, dict[str, Any]]
    # Of failed runs that are to be re-executed by themselves, by run.
    retries: dict[str, dict[str, Any]]
    journal: list[Entry]
    # The outputs as they were stored first, by address.
    retry_limits: dict[tuple[str, str], int]

    @cached_property
    def digest(self) -> str:
        """Equal where everything happened the same, at the same virtual time."""
        journal = msgspec.json.encode([(type(entry).__name__, entry) for entry in self.journal])
        rows = json.dumps([one.rows for one in self.runs.values()], default=str)
        return hashlib.sha256(journal + rows.encode()).hexdigest()

    def of(self, kind: type[Any]) -> list[Any]:
        """The journal's entries of one kind."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[type[Any], list[Any]]:
        found: dict[type[Any], list[Any]] = {}
        for entry in self.journal:
            found.setdefault(type(entry), []).append(entry)
        return found


def read_history(
    connection: sqlite3.Connection, journal: list[Entry], retry_limits: dict[tuple[str, str], int]
) -> History:
    """Of the database as it is now."""
    connection.row_factory = None
    ids = [row[0] for row in connection.execute("SELECT run_id FROM runs ORDER BY run_id")]
    groups = {one["root_run_id"]: one for one in _dicts(connection, "run_groups", "SELECT * FROM run_groups", ())}
    retries = _dicts(connection, "automatic_retries", "SELECT * FROM automatic_retries", ())
    return History(
        runs={run_id: _run(connection, run_id) for run_id in ids},
        groups=groups,
        retries={one["parent_run_id"]: one for one in retries},
        journal=journal,
        retry_limits=retry_limits,
    )


def _run(connection: sqlite3.Connection, run_id: str) -> RunHistory:
    rows = rows_of_run(connection, run_id)
    named = {table: _named(connection, table, found) for table, found in rows.items()}
    by_step: dict[str, dict[str, list[dict[str, Any]]]] = {"attempts": {}, "outputs": {}}
    for table, found in by_step.items():
        for row in named[table]:
            found.setdefault(row["step_key"], []).append(row)
    return RunHistory(
        run=named["runs"][0],
        plan=json.loads(named["run_plans"][0]["plan"]),
        steps={row["step_key"]: row for row in named["steps"]},
        attempts=by_step["attempts"],
        outputs=by_step["outputs"],
        events=[row | {"data": json.loads(row["data"] or "{}")} for row in named["events"]],
        rows=rows,
    )


def _dicts(connection: sqlite3.Connection, table: str, query: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return _named(connection, table, connection.execute(query, values).fetchall())


def _named(connection: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return [dict(zip(names, row, strict=True)) for row in rows]
